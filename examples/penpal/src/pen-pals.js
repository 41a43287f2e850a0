const PEN_PALS = [
  { name: 'Aiko', speaks: ['ja'], learns: ['fr', 'en'] },
  { name: 'Camille', speaks: ['fr'], learns: ['ja'] },
  { name: 'Jonas', speaks: ['de'], learns: ['fr'] },
  { name: 'Maya', speaks: ['en', 'hi'], learns: ['de'] },
]

/** Who speaks what one learns and learns what one speaks; those with more in common come first. */
export function matches({ speaks, learns }, penPals = PEN_PALS) {
  const common = (some, others) => some.filter(one => others.includes(one)).length
  return penPals
    .map(penPal => ({ penPal, teaches: common(penPal.speaks, learns), takes: common(penPal.learns, speaks) }))
    .filter(({ teaches, takes }) => teaches > 0 && takes > 0)
    .sort((a, b) => b.teaches + b.takes - (a.teaches + a.takes))
    .map(({ penPal }) => penPal.name)
}
