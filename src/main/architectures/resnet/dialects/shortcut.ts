import { renaming } from '../../renaming'

const SHORTCUT = /^(layer\d+\.\d+\.)shortcut\.([01])\./

/** ResNets of much CIFAR code, and SupCon's: the shortcut is called `shortcut`, the classifier `linear`. */
export const shortcut = renaming(
  'ResNets with "shortcut" for "downsample"',
  (tensors) => tensors.has('conv1.weight') && [...tensors.keys()].some((name) => SHORTCUT.test(name)),
  (name) => name.replace(SHORTCUT, '$1downsample.$2.').replace(/^linear\./, 'fc.')
)
