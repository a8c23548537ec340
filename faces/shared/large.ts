/** 大字版: larger letters and larger places to touch. */
import { keep, kept } from './storage'

export function isLarge(): boolean {
  return kept('large') === '1'
}

export function chooseLarge(large: boolean): void {
  keep('large', large ? '1' : '0')
  document.documentElement.classList.toggle('large', large)
}

document.documentElement.classList.toggle('large', isLarge())
