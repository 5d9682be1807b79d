import { formatErrors } from '../errors'

export const { invalid, truncated, unreadable } = formatErrors('zip archive')
