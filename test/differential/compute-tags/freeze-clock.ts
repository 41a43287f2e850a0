// Loaded before a bundle: its clock stands still, so that the outputs of two runs can be compared to the byte.
const instant = Date.parse(process.env['FROZEN_AT'] ?? '')

globalThis.Date = new Proxy(Date, {
  construct: (target, parts, derived) => Reflect.construct(target, parts.length === 0 ? [instant] : parts, derived),
  get: (target, name) => (name === 'now' ? () => instant : Reflect.get(target, name)),
})
