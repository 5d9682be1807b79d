import type { Attributes } from '@shared/contract/model'

/** A number where the text is one, otherwise the text; `76.1 %` counts as 76.1. */
export function attributeValue(text: string): number | string {
  const trimmed = text.trim()
  const number = Number(trimmed.replace(/\s*%$/, ''))
  return trimmed !== '' && Number.isFinite(number) ? number : trimmed
}

/** All attributes with one changed; an empty text removes it. */
export function editAttribute(attributes: Attributes, key: string, text: string): Attributes {
  const kept = Object.entries(attributes).filter(([other]) => other !== key)
  if (text.trim() === '') return Object.fromEntries(kept)
  return { ...attributes, [key]: attributeValue(text) }
}
