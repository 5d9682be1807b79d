/** Images: from a folder or an array to pixels that the engine reads, and back to `.npy`. */
export { exportEvaluation } from './export'
export { openEvaluation, prepareEvaluation } from './evaluation'
export type { PreparedEvaluation, PrepareOptions } from './evaluation'
export { openImageArray } from './npy/image-array'
export { NpyWriter } from './npy/writer'
export { sampleImages } from './sample'
export { scanImages } from './scan/source'
export type { ImageSource } from './scan/source'
