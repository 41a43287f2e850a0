/**
 * Many small answers in one round trip: a script prints `MARK name` before each, where MARK is a word that the caller made
 * up for this run, so that no file's content can pass for one.
 */
export function parseSections(output: string, mark: string): Map<string, string> {
  const sections = new Map<string, string>()
  for (const part of output.split(new RegExp(`^${mark} `, 'm')).slice(1)) {
    const end = part.indexOf('\n')
    sections.set(part.slice(0, end), part.slice(end + 1).replace(/\n$/, ''))
  }
  return sections
}
