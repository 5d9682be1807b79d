import { renaming } from '../../renaming'

/** Places of a ResNet's children; ReLU, max-pooling and global pooling (2, 3, 8) have no tensors. */
const CHILDREN: Readonly<Record<string, string>> = {
  '0': 'conv1',
  '1': 'bn1',
  '4': 'layer1',
  '5': 'layer2',
  '6': 'layer3',
  '7': 'layer4',
  '9': 'fc'
}

/** `nn.Sequential(*resnet.children())`, as much self-supervised code makes its backbone. */
export const sequence = renaming(
  'a sequence of the network’s children',
  (tensors) => tensors.get('0.weight')?.shape.length === 4 && tensors.has('4.0.conv1.weight'),
  (name) =>
    name.replace(/^(\d+)\./, (whole, index: string) => {
      const child = CHILDREN[index]
      return child === undefined ? whole : `${child}.`
    })
)
