/** CUDA's part of onnxruntime-node, which is too large for npm and fetched from NuGet by the package's own script. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'

/** What the package says that it lacks; only what is read here. */
const metadataSchema = z.object({
  requirements: z.record(z.string(), z.array(z.string())),
  manifests: z.record(z.string(), z.record(z.string(), z.object({ package: z.string() }))),
  packages: z.record(
    z.string(),
    z.object({ name: z.string(), versions: z.array(z.object({ version: z.string() })) })
  )
})

export interface CudaFiles {
  /** The script that fetches them. */
  readonly script: string
  /** Where they come to lie, absolute. */
  readonly files: readonly string[]
  /** The NuGet package that holds them. */
  readonly url: string
}

/** For Linux on x64. @throws Error when the package is not built as expected. */
export function cudaFiles(projectFolder: string): CudaFiles {
  const load = createRequire(join(projectFolder, 'package.json'))
  const folder = join(dirname(load.resolve('onnxruntime-node')), '..')
  const { requirements, manifests, packages } = metadataSchema.parse(
    load(join(folder, 'script/install-metadata.js'))
  )
  const wanted = requirements['linux/x64'] ?? []
  const entries = wanted.flatMap((name) => Object.entries(manifests[`linux/x64:${name}`] ?? {}))
  const [first] = entries
  const source = first === undefined ? undefined : packages[first[1].package]
  const version = source?.versions[0]?.version
  if (source === undefined || version === undefined) {
    throw new Error(`onnxruntime-node in ${folder} has no CUDA files for Linux on x64.`)
  }
  const name = source.name.toLowerCase()
  return {
    script: join(folder, 'script/install.js'),
    files: entries.map(([file]) => join(folder, 'bin/napi-v6/linux/x64', file)),
    url: `https://api.nuget.org/v3-flatcontainer/${name}/${version}/${name}.${version}.nupkg`
  }
}

/** What a command prints; undefined where it is missing or fails. */
export type Ask = (command: string, words: readonly string[]) => string | undefined

export const ask: Ask = (command, words) => {
  const { status, stdout } = spawnSync(command, words, { encoding: 'utf8', timeout: 20_000 })
  return status === 0 ? stdout : undefined
}

/** Why CUDA cannot work on this machine, and what to do; undefined where nothing speaks against it. */
export function obstacle(platform: NodeJS.Platform, arch: string, asked: Ask): string | undefined {
  if (platform !== 'linux' || arch !== 'x64') {
    const instead =
      platform === 'darwin' ? 'coreml and webgpu' : platform === 'win32' ? 'dml and webgpu' : 'webgpu'
    return `CUDA is for Linux on x64; this is ${platform} on ${arch}. Here the GPU is used through ${instead}, which need no set-up.`
  }
  if (asked('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader']) !== undefined) return
  return 'No NVIDIA GPU: "nvidia-smi" is missing or lists none. Install NVIDIA’s driver, or start the container with its GPUs (e.g. --gpus all); or fetch the files all the same with "npm run setup:cuda -- --force".'
}

/** Bytes of the package. @throws Error in words when it cannot be had. */
export async function packageSize(url: string): Promise<number> {
  const failed = (why: string): Error =>
    new Error(
      `${url} cannot be fetched: ${why}. Check the connection; behind a proxy set GLOBAL_AGENT_HTTPS_PROXY and NODE_USE_ENV_PROXY=1 with HTTPS_PROXY.`
    )
  const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(30_000) }).catch(
    (error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      throw failed(cause instanceof Error ? cause.message : String(cause))
    }
  )
  if (!response.ok) throw failed(`the server answers ${String(response.status)}`)
  return Number(response.headers.get('content-length') ?? 0)
}

/** Runs the package's script. @throws Error with the script's own words when it fails, or leaves a file out. */
export function fetchFiles({ script, files }: Pick<CudaFiles, 'script' | 'files'>): void {
  const { status, signal, stderr, error } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'pipe'],
    // Stronger than the "skip" of .npmrc, which npm hands down as npm_config_onnxruntime_node_install.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'true' }
  })
  const missing = files.filter((file) => !existsSync(file))
  if (status === 0 && missing.length === 0) return
  const said =
    /^\w*Error: .*$/m.exec(stderr)?.[0] ?? error?.message ?? signal ?? `exit code ${String(status)}`
  const what = status === 0 ? `${missing.join(', ')} is not there afterwards` : said
  throw new Error(
    `The CUDA files were not fetched: ${what}. Nothing else changed; try again, or use the GPU through webgpu.`
  )
}

/** Libraries that a file needs and the system does not have. @param ldd what `ldd FILE` prints. */
export function missingLibraries(ldd: string): string[] {
  return [...ldd.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name = '']) => name)
}

/** What to install for these libraries. */
export function libraryAdvice(missing: readonly string[]): string {
  const major = missing
    .map((name) => /^lib(?:cudart|cublas|cublasLt)\.so\.(\d+)/.exec(name)?.[1])
    .find(Boolean)
  const parts = [
    ...(missing.some((name) => !name.startsWith('libcudnn'))
      ? [`the CUDA ${major ?? ''} runtime libraries`.replace('  ', ' ')]
      : []),
    ...(missing.some((name) => name.startsWith('libcudnn')) ? ['cuDNN 9'] : [])
  ]
  return `These libraries are missing: ${missing.join(', ')}. Install ${parts.join(' and ')} from NVIDIA, or add the folders that hold them (e.g. of a Python environment with PyTorch: site-packages/nvidia/*/lib) to LD_LIBRARY_PATH.`
}
