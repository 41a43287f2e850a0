/** The leaves of Discord's tree of errors, a line each: `embeds[0].fields[0].value: This field is required`. */
export function flattenFormErrors(errors: unknown, path = ''): string[] {
  if (typeof errors !== 'object' || errors === null) return []
  return Object.entries(errors).flatMap(([key, value]) => {
    if (key !== '_errors') return flattenFormErrors(value, joined(path, key))
    const leaves = Array.isArray(value) ? value : []
    return leaves.map(leaf => `${path || 'the message'}: ${textOf(leaf)}`)
  })
}

function joined(path: string, key: string): string {
  if (/^\d+$/.test(key)) return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}

function textOf(leaf: unknown): string {
  return typeof leaf === 'object' && leaf !== null && 'message' in leaf ? String(leaf.message) : 'invalid'
}
