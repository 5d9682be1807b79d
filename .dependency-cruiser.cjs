/**
 * The lines between the rooms of the source. Each rule is broken on purpose in
 * test/tooling/import-rules.test.ts.
 */

/** Small common ground of src/main: every room may import it, and it imports no room. */
const common = ['files', 'numbers']

/** What each room of src/main may import besides itself, the common ground and src/shared. */
const neighbours = {
  files: [],
  numbers: [],
  rpc: [],
  graph: [],
  store: [],
  images: [],
  perturbations: ['graph'],
  checkpoints: ['graph'],
  architectures: ['graph', 'checkpoints'],
  engine: ['checkpoints', 'architectures', 'graph', 'perturbations', 'images', 'rpc'],
  application: ['checkpoints', 'architectures', 'graph', 'perturbations', 'images', 'store', 'engine', 'rpc'],
  hosts: ['application', 'checkpoints', 'architectures', 'graph', 'perturbations', 'images', 'rpc']
}

const version = '^src/main/version\\.ts$'

const own = (room) => `^src/main/${room}/`
const npm = (...names) => `node_modules/(@types/)?(${names.join('|')})/`

/** Only `room` may import `name`, types included. */
const onlyIn = (room, name) => ({
  name: `only-${room}-imports-${name}`,
  severity: 'error',
  from: { path: '^src/', pathNot: own(room) },
  to: { path: npm(name) }
})

const roomRules = Object.entries(neighbours).map(([room, allowed]) => ({
  name: `${room}-imports`,
  comment: `src/main/${room} may import: ${[...allowed, ...common, 'src/shared'].join(', ')}.`,
  severity: 'error',
  from: { path: own(room) },
  to: {
    path: '^src/',
    pathNot: [
      '^src/shared/',
      version,
      ...[room, ...allowed, ...common].map(own),
      // The names of the messages between the desktop's window and its main process.
      ...(room === 'hosts' ? ['^src/preload/(api|channels)\\.ts$'] : [])
    ]
  }
}))

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'no-unknown-room',
      comment: 'A new folder in src/main gets a line in `neighbours` above.',
      severity: 'error',
      from: {
        path: '^src/main/',
        pathNot: [...Object.keys(neighbours).map(own), '^src/main/index\\.ts$', version]
      },
      to: {}
    },
    {
      name: 'desktop-entry-imports',
      comment: 'src/main/index.ts starts the desktop host.',
      severity: 'error',
      from: { path: '^src/main/index\\.ts$' },
      to: { path: '^src/', pathNot: ['^src/main/(hosts|application)/', '^src/shared/', version] }
    },
    {
      name: 'shared-imports',
      comment: 'src/shared is imported by everything, so it imports nothing of the project but itself.',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { path: '^src/', pathNot: '^src/shared/' }
    },
    {
      name: 'renderer-imports',
      comment: 'The page knows the shared code, and of the preload script only what it is handed.',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { path: '^src/', pathNot: ['^src/(renderer|shared)/', '^src/preload/api\\.ts$'] }
    },
    {
      name: 'preload-imports',
      comment: 'A sandboxed preload script hands things over; it computes nothing.',
      severity: 'error',
      from: { path: '^src/preload/' },
      to: { path: '^src/', pathNot: '^src/preload/' }
    },
    {
      name: 'no-node-in-the-page',
      comment: 'src/shared, src/renderer and src/preload run where Node is not.',
      severity: 'error',
      from: { path: '^src/(shared|renderer|preload)/' },
      to: { dependencyTypes: ['core'] }
    },
    {
      name: 'no-node-packages-in-the-page',
      comment: 'These packages need Node.',
      severity: 'error',
      from: { path: '^src/(shared|renderer|preload)/' },
      to: { path: npm('commander', 'cookie', 'env-paths', 'open', 'pino', 'sirv', 'ws') }
    },
    {
      name: 'only-the-desktop-imports-electron',
      comment: 'Everything else runs without Electron too.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/main/hosts/desktop/', '^src/main/index\\.ts$', '^src/preload/']
      },
      to: { path: [npm('electron'), '^electron(/|$)'] }
    },
    onlyIn('engine', 'onnxruntime-node'),
    onlyIn('store', 'better-sqlite3'),
    onlyIn('images', 'sharp'),
    {
      name: 'application-runs-no-engine',
      comment: 'The engine is a process of its own, talked to over its contract; its types are known.',
      severity: 'error',
      from: { path: own('application') },
      to: { path: own('engine'), dependencyTypesNot: ['type-only'] }
    },
    {
      name: 'no-import-of-tools',
      comment: 'The program does not need what tests and builds it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|bin|out)/' }
    },
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one subject, or need a third.',
      severity: 'error',
      from: {},
      to: { circular: true }
    },
    {
      name: 'not-to-unresolvable',
      comment: 'The imported file or package does not exist.',
      severity: 'error',
      // The installed program's first file imports what the build makes.
      from: { pathNot: '^bin/' },
      to: { couldNotResolve: true }
    },
    {
      name: 'not-to-unlisted',
      comment: 'The package is not in package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] }
    }
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^out/'] },
    exclude: { path: ['^test/fixtures/', '^test-results/'] },
    tsConfig: { fileName: 'tsconfig.base.json' },
    // Type-only imports are imports, in .ts and in .vue.
    tsPreCompilationDeps: true,
    parser: 'tsc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default', 'require'],
      mainFields: ['module', 'main', 'types', 'typings']
    },
    skipAnalysisNotInRules: true
  }
}
