/** `npm run build`: builds, stale or not. */
import { build, BuildError } from './parts/bundle.ts'
import { projectFolder } from './parts/project.ts'

try {
  await build(projectFolder)
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
