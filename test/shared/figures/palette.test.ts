import { describe, expect, it } from 'vitest'
import {
  categoryColors,
  criticalityColor,
  criticalityTextColor,
  orderCategories
} from '@shared/figures/palette'

describe('criticalityColor', () => {
  it('is viridis reversed: its darkest colour at 100 %, its lightest at 0 %', () => {
    // First and last of matplotlib's 256 viridis colours: #440154 and #fde725.
    expect(criticalityColor(1)).toBe('rgb(68,1,84)')
    expect(criticalityColor(0)).toBe('rgb(253,231,37)')
  })

  it('meets the stops of matplotlib in between', () => {
    // Colours 85 and 170 of 0 to 255: #31688e and #35b779.
    expect(criticalityColor(1 - 85 / 255)).toBe('rgb(49,104,142)')
    expect(criticalityColor(1 - 170 / 255)).toBe('rgb(53,183,121)')
  })

  it('clamps values that leave [0, 1] by rounding', () => {
    expect(criticalityColor(1.0000001)).toBe(criticalityColor(1))
    expect(criticalityColor(-1e-9)).toBe(criticalityColor(0))
  })
})

describe('criticalityTextColor', () => {
  it('is white on dark and black on light', () => {
    expect(criticalityTextColor(1)).toBe('#ffffff')
    expect(criticalityTextColor(0)).toBe('#000000')
  })
})

describe('categories', () => {
  it('starts with the baseline and ends with unknown ones by name', () => {
    expect(orderCategories(['zoo', 'improved', 'adversarial', 'baseline', 'alpha', 'improved'])).toEqual([
      'baseline',
      'adversarial',
      'improved',
      'alpha',
      'zoo'
    ])
  })

  it('gives each of eight categories its own colour', () => {
    const names = ['baseline', 'adversarial', 'augmentation', 'self-supervised', 'improved', 'a', 'b', 'c']
    expect(new Set(categoryColors(names).values()).size).toBe(8)
  })
})
