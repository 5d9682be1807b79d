import { resolve } from 'node:path'

/**
 * The study that the program was asked to open: the last argument that is a study file.
 *
 * @param folder what relative paths are relative to.
 */
export function studyInArguments(argv: readonly string[], folder: string): string | null {
  // The first is the program itself.
  const found = argv
    .slice(1)
    .findLast((arg) => !arg.startsWith('-') && arg.toLowerCase().endsWith('.linchpin'))
  return found === undefined ? null : resolve(folder, found)
}
