import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import {
  cudaFiles,
  fetchFiles,
  libraryAdvice,
  missingLibraries,
  obstacle,
  packageSize
} from '../../scripts/parts/cuda'
import { projectFolder } from '../../scripts/parts/project'
import { temporaryFolder } from '../support/folder'

it('finds in onnxruntime-node which files are fetched, and from where', () => {
  const { files, url } = cudaFiles(projectFolder)
  expect(files.map((file) => basename(file))).toContain('libonnxruntime_providers_cuda.so')
  expect(url).toMatch(
    /^https:\/\/api\.nuget\.org\/v3-flatcontainer\/microsoft\.ml\.onnxruntime\.gpu\.linux\/(\d+\.\d+\.\d+)\/microsoft\.ml\.onnxruntime\.gpu\.linux\.\1\.nupkg$/
  )
})

it('says where there is no CUDA, and what there is instead', () => {
  const none = (): undefined => undefined
  expect(obstacle('darwin', 'arm64', none)).toContain('through coreml and webgpu')
  expect(obstacle('win32', 'x64', none)).toContain('through dml and webgpu')
  expect(obstacle('linux', 'arm64', none)).toContain('this is linux on arm64')
  expect(obstacle('linux', 'x64', none)).toContain('"nvidia-smi" is missing or lists none')
  expect(obstacle('linux', 'x64', () => 'NVIDIA H100, 580.1')).toBeUndefined()
})

it.skipIf(process.platform === 'win32')(
  'stops on a machine without a GPU, before anything is fetched',
  () => {
    const { status, stderr } = spawnSync(process.execPath, [join(projectFolder, 'scripts/setup-cuda.ts')], {
      encoding: 'utf8',
      env: { PATH: temporaryFolder() }
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^(No NVIDIA GPU|CUDA is for Linux on x64)/)
    expect(stderr).not.toContain('    at ')
  }
)

it('says why a download cannot begin', async () => {
  const server = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${String(port)}/package`
  await expect(packageSize(url)).rejects.toThrow('the server answers 404. Check the connection')
  server.close()
  await new Promise((resolve) => server.once('close', resolve))
  await expect(packageSize(url)).rejects.toThrow(/cannot be fetched: .*ECONNREFUSED/)
})

function script(text: string): string {
  const path = join(temporaryFolder(), 'install.cjs')
  writeFileSync(path, text)
  return path
}

it('quotes the error of a download that fails, without its stack', () => {
  const broken = script('throw new Error("Failed to download build list. HTTP status code = 503")')
  expect(() => fetchFiles({ script: broken, files: [] })).toThrow(
    'The CUDA files were not fetched: Error: Failed to download build list. HTTP status code = 503. Nothing else changed'
  )
})

it('asks the script for the files, whatever .npmrc says, and notices when one is not there', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'made.so')
  const asks = script(
    `if (process.env.ONNXRUNTIME_NODE_INSTALL === 'true') require('fs').writeFileSync(${JSON.stringify(file)}, '')`
  )
  fetchFiles({ script: asks, files: [file] })
  expect(() => fetchFiles({ script: asks, files: [file, join(folder, 'other.so')] })).toThrow(
    'other.so is not there afterwards'
  )
})

it('tells which libraries are missing, and what brings them', () => {
  const missing = missingLibraries(
    [
      '\tlinux-vdso.so.1 (0x00007ffd)',
      '\tlibcublasLt.so.13 => not found',
      '\tlibcudart.so.13 => /usr/local/cuda/lib64/libcudart.so.13 (0x00007f)',
      '\tlibcudnn.so.9 => not found'
    ].join('\n')
  )
  expect(missing).toEqual(['libcublasLt.so.13', 'libcudnn.so.9'])
  expect(libraryAdvice(missing)).toContain('Install the CUDA 13 runtime libraries and cuDNN 9 from NVIDIA')
  expect(libraryAdvice(['libcudnn.so.9'])).toContain('Install cuDNN 9 from NVIDIA')
})
