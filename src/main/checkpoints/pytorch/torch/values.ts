import type { Dtype } from './dtypes'

/** A block of values of one type somewhere in the file. */
export interface StorageValue {
  readonly kind: 'storage'
  readonly key: string
  readonly dtype: Dtype
  /** Elements of the whole block that `key` names. */
  readonly total: number
  /** The elements of this view of it: all, unless the file says otherwise. */
  readonly start: number
  readonly count: number
}

/** A tensor as the file describes it; not yet checked against its storage. */
export interface TensorValue {
  readonly kind: 'tensor'
  readonly shape: readonly number[]
  /** As the file names it, e.g. `bfloat16`. */
  readonly dtype: string
  readonly data:
    | {
        readonly storage: StorageValue
        readonly dtype: Dtype
        /** In elements. */
        readonly offset: number
        readonly strides: readonly number[]
      }
    /** Why its values cannot be had. */
    | { readonly refused: string }
}
