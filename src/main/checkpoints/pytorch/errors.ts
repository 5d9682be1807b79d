import { formatErrors } from '../errors'

export const { invalid, truncated, unreadable } = formatErrors('PyTorch')
