/** Whether a pattern matches the name of a branch or Git tag: `*` stands for any text without a slash, `**` for any text. */
export function matchesPattern(pattern: string, name: string): boolean {
  const source = parts(pattern)
    .map(part => (part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/, '\\$&')))
    .join('')
  return new RegExp(`^${source}$`, 's').test(name)
}

/** Whether every name that `inner` matches is matched by `outer` too. */
export function coversPattern(outer: string, inner: string): boolean {
  const [outerParts, innerParts] = [parts(outer), parts(inner)]
  // What is in neither pattern behaves like any other such character, so one stands for all of them.
  const letters = new Set([...outerParts, ...innerParts, '/', '\0'].filter(part => part !== '*' && part !== '**'))
  const pending = [{ outer: withSkips(outerParts, [0]), inner: withSkips(innerParts, [0]) }]
  const seen = new Set<string>()
  for (const at of pending) {
    if (at.inner.includes(innerParts.length) && !at.outer.includes(outerParts.length)) return false
    for (const letter of letters) {
      const next = { outer: step(outerParts, at.outer, letter), inner: step(innerParts, at.inner, letter) }
      const key = `${next.outer};${next.inner}`
      if (next.inner.length > 0 && !seen.has(key)) {
        seen.add(key)
        pending.push(next)
      }
    }
  }
  return true
}

function parts(pattern: string): string[] {
  return pattern.match(/\*\*|[\s\S]/gu) ?? []
}

/** The places in a pattern that can be reached from others by one letter, ascending. */
function step(pattern: readonly string[], places: readonly number[], letter: string): number[] {
  return withSkips(
    pattern,
    places.flatMap(place => {
      const part = pattern[place]
      if (part === '**' || (part === '*' && letter !== '/')) return [place]
      return part === letter ? [place + 1] : []
    }),
  )
}

/** With the places behind wildcards, which can stand for nothing. */
function withSkips(pattern: readonly string[], places: readonly number[]): number[] {
  const all = new Set(places)
  for (const place of all) if (pattern[place] === '*' || pattern[place] === '**') all.add(place + 1)
  return [...all].sort((a, b) => a - b)
}
