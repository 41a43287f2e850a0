/** Discord counts code points, JavaScript UTF-16 units: an emoji is one to the one and two to the other. */
export function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** Made for the first text that is cut: what it loads takes a third as long as starting node. */
let segmenter: Intl.Segmenter | undefined

/** The longest start of a text that has at most `max` code points and ends between two characters as a reader sees them. */
export function takeGraphemes(text: string, max: number): string {
  let count = 0
  let end = 0
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  for (const { segment, index } of segmenter.segment(startOf(text, max))) {
    count += codePoints(segment)
    if (count > max) break
    end = index + segment.length
  }
  return text.slice(0, end)
}

/** A little more than `max` code points, so that segmenting a long log costs no more than its start does. */
function startOf(text: string, max: number): string {
  return text.slice(0, (max + 64) * 2).toWellFormed()
}
