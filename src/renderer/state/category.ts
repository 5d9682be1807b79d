const HINTS: readonly (readonly [category: string, pattern: RegExp])[] = [
  ['self-supervised', /simclr|moco|dino|swav|byol|barlow|vicreg|self.?sup|ssl/],
  ['adversarial', /adv(ersarial)?([^a-z]|$)|robust|linf|l2[_-]?eps|eps[_-]?\d|pgd/],
  ['augmentation', /aug|mixup|cutmix|cutout|pixmix|puzzle|stylized/],
  ['improved', /improved|recipe|_a[123]h?(_|$)|_v2([^a-z\d]|$)/],
  ['baseline', /baseline|standard|vanilla|original/]
]

/** A first guess from a file's name, which the user sees and can change; empty where it says nothing. */
export function guessCategory(name: string): string {
  const lower = name.toLowerCase()
  return HINTS.find(([, pattern]) => pattern.test(lower))?.[0] ?? ''
}
