/** `npm run setup:cuda [-- --force]`: fetches what onnxruntime-node needs to compute on NVIDIA GPUs. */
import { existsSync } from 'node:fs'
import {
  ask,
  cudaFiles,
  fetchFiles,
  libraryAdvice,
  missingLibraries,
  obstacle,
  packageSize
} from './parts/cuda.ts'
import { projectFolder } from './parts/project.ts'

const megabytes = (bytes: number): string => `${String(Math.round(bytes / 1e6))} MB`

async function setUp(force: boolean): Promise<void> {
  const reason = obstacle(process.platform, process.arch, ask)
  if (reason !== undefined && !(force && process.platform === 'linux' && process.arch === 'x64'))
    throw new Error(reason)
  const gpus = ask('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader'])
  if (gpus !== undefined) console.log(`GPU and driver: ${gpus.trim().split('\n').join('; ')}`)
  const source = cudaFiles(projectFolder)
  console.log(
    'Computing on an NVIDIA GPU needs Linux on x64, an NVIDIA driver, the CUDA runtime libraries (cudart, cuBLAS, ' +
      'cuFFT) and cuDNN 9. These stay yours to install; what is fetched here is the runtime’s own part for CUDA.'
  )
  if (source.files.every((file) => existsSync(file)) && !force) console.log('Its files are here already.')
  else {
    console.log(
      `Downloading ${megabytes(await packageSize(source.url))} from ${source.url}; unpacked, and in the temporary folder meanwhile, it takes up to three times that.`
    )
    fetchFiles(source)
  }
  const missing = source.files
    .filter((file) => file.includes('_cuda'))
    .flatMap((file) => missingLibraries(ask('ldd', [file]) ?? ''))
  if (missing.length > 0) throw new Error(libraryAdvice(missing))
  console.log('Done. "npm run --silent linchpin -- devices --fresh" tries it.')
}

try {
  await setUp(process.argv.includes('--force'))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
