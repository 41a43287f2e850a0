import { isCommonPassword } from './weak.ts'

/** Texts that say that there is no value, whatever the name. */
const NOTHING = new Set(['-', '--', '.', '?', '...', 'n/a', 'nil', 'null', 'undefined', 'unset', 'tbd', 'tba'])

/** Words that a template has in the place of a password, token or key. Elsewhere they can be meant. */
const WORDS = new Set(
  [
    'na none empty void value string text dummy example sample test testing foo bar baz foobar lorem ipsum default temp tmp',
    'pass passwd passphrase password secret token key apikey username credentials',
    // The keys of a cloud's own documentation: https://docs.aws.amazon.com/IAM/latest/UserGuide/security-creds.html
    'akiaiosfodnn7example wjalrxutnfemi/k7mdeng/bpxrficyexamplekey',
  ].flatMap(line => line.split(' ')),
)

/** What `my-secret-key`, `fake-key` and `not-a-real-password` are made of. */
const PART_OF_NAME =
  '(?:my|the|a|an|our|some|not|real|fake|dummy|test|testing|example|sample|super|very|top|random|strong|long|secure|insecure|unsafe|api|app|auth|jwt|db|database|admin|root|user|access|private|client|session|django|rails|here)'
const SECRET_NOUN = '(?:pass|passwd|passphrase|password|secret|token|key|apikey|credential)s?'
const COMPOSED = new RegExp(
  `^(?:${PART_OF_NAME}[-_. ]?)*${SECRET_NOUN}(?:[-_. ]?(?:${PART_OF_NAME}|${SECRET_NOUN}))*$`,
  'i',
)
const NUMBERED = /^(?:my[-_]?)?(?:secret|pass|passwd|password|token|key|apikey|changeme|test|example|dummy)[-_]?\d+$/i

const NOUN =
  '(api|app|auth|secret|token|pass|password|passwd|key|user|username|name|email|domain|host|value|url|db|database|server|ssh|private|public|client|account|access|id|bucket|region|project|org|registry|image|webhook)'

/** Marks of a template that no real value holds as a whole word. Within a word, letters prove nothing: `todos`, `Exchange-Me7`. */
const MARKS = [
  /(?<![a-z0-9])(change|replace|fill|edit)[-_ ]?(me|this|it|in)(?![a-z0-9])/i,
  /(?<![a-z0-9])(replace|change)[-_ ](with|before|in)[-_ ]/i,
  new RegExp(`(?<![a-z0-9])your[-_ ](?:[a-z0-9]+[-_ ]){0,2}?${NOUN}(?![a-z])`, 'i'),
  new RegExp(
    `(?<![a-z0-9])(insert|enter|put|paste|add)[-_ ](?:(?:a|an|my|the|your|own|real|actual)[-_ ]){0,3}${NOUN}(?![a-z])`,
    'i',
  ),
  /(?<![a-z0-9])your(password|secret|token|key|apikey|domain|host|username|email)(?![a-z0-9])/i,
  /(?<![a-z0-9])[a-z_-]+[-_ ](goes[-_ ])?here$/i,
  /(?<![a-z0-9])(todo|fixme|placeholder|redacted|removed|dummyvalue)(?![a-z0-9])/i,
]

/** No mark is without one of these; hardly a real value has one, and the marks themselves take longer. */
const ANY_MARK =
  /change|replace|fill|edit|your|insert|enter|put|paste|add|here$|todo|fixme|placeholder|redacted|removed|dummyvalue/i

/** Any text in one pair of the brackets that templates have. */
const BRACKETS: readonly (readonly [RegExp, string])[] = [
  [/^<+[^<>]*>+$/, 'a text in angle brackets'],
  // Without their end only where nothing but a name follows: a random value may begin with these signs too.
  [/^\$\{\{(.*\}\}|[\s\w.-]*)$/s, 'an expression that the runner did not fill in'],
  [/^\{\{(.*\}\}|[\s\w.-]*)$/s, 'a template expression ({{…}})'],
  [/^(\$\{[^}]*\}|\$\{\s*\w*|\$\([^)]*\)|\$[A-Z_][A-Z0-9_]*)$/, "a shell's variable that nobody filled in"],
  [/^%{1,2}[A-Z_][A-Z0-9_]*%{1,2}$/i, 'a variable in percent signs that nobody filled in'],
  [/^@[A-Z_][A-Z0-9_.-]*@$/i, 'a variable in @ signs that nobody filled in'],
  [/^__[A-Z][A-Z0-9_]*__$/, 'a variable in underscores that nobody filled in'],
  // Not a list of JSON, and not an IPv6 address.
  [/^\[(?![0-9a-f:.]*\]$)[^\]["',{}]*[a-z][^\]["',{}]*\]$/i, 'a text in square brackets'],
]

function bracketKind(text: string): string | undefined {
  return BRACKETS.find(([pattern]) => pattern.test(text))?.[1]
}

/** What a text is when it is nothing but the text of a template; in words that do not quote it. */
export function templateKind(text: string): string | undefined {
  const brackets = bracketKind(text)
  if (brackets !== undefined) return brackets
  if (/^(x{3,}|\*+|•+|\.{2,}|_+|#+|\?+)$/i.test(text)) return 'a row of one sign'
  if (isMaskedToken(text)) return 'a token whose random part is one sign repeated'
  return NOTHING.has(text.toLowerCase()) ? 'a word that says that there is no value' : undefined
}

/** `glpat-xxxxxxxxxxxxxxxxxxxx`, `xoxb-xxxxxxxx-xxxxxxxx`, `AKIAXXXXXXXXXXXXXXXX`: each segment is one sign repeated, or a short prefix. */
function isMaskedToken(text: string): boolean {
  if (/^[+-]?[\d.]+$/.test(text)) return false
  const segments = text.split(/[-_.:]/)
  // Without a prefix, other signs than these are a weak value and not a template.
  const row = segments.length > 1 ? /^(?:[x*•#]{4,}|(.)\1{7,})$/i : /^[x*•#]{4,}$/i
  const isRow = (segment: string) => row.test(segment)
  const isPrefixed = (segment: string) => /^[a-z]{2,6}(?:x{8,}|0{8,}|\*{4,})$/i.test(segment)
  return (
    segments.some(segment => isRow(segment) || isPrefixed(segment)) &&
    segments.every(segment => isRow(segment) || isPrefixed(segment) || /^[a-z]{0,8}\d?$/i.test(segment))
  )
}

/** What a text is when a template's marks stand in it: `change-me-please`, `your-api-key`. */
export function markKind(text: string): string | undefined {
  if (!ANY_MARK.test(text) || isRandom(text)) return undefined
  const isMarked = /\s/.test(text.trim()) ? isMarkedSentence(text.trim()) : MARKS.some(mark => mark.test(text))
  return isMarked ? 'a text of a template' : undefined
}

const LONGEST_CALL = 3

/** In a sentence, such as a passphrase, a mark counts where it begins or where it is nearly all there is. */
function isMarkedSentence(text: string): boolean {
  const isShort = text.split(/\s+/).length <= LONGEST_CALL
  return MARKS.some(mark => {
    const found = mark.exec(text)
    return found !== null && (found.index === 0 || isShort)
  })
}

const LONGEST_WORD = 60

/** What a text is when it is a word that templates have for a password, token or key. */
export function wordKind(text: string): string | undefined {
  // Those have a message of their own.
  if (text.length > LONGEST_WORD || isCommonPassword(text)) return undefined
  return WORDS.has(text.toLowerCase()) || COMPOSED.test(text) || NUMBERED.test(text)
    ? 'a word of a template'
    : undefined
}

/** What a value is when it is the text of a template in the place of a password, token or key. */
export function placeholderKind(value: string): string | undefined {
  const text = value.trim()
  return templateKind(text) ?? wordKind(text) ?? markKind(text)
}

const EXAMPLE_HOSTS = /^(host|hostname|placeholder|example|domain\.(com|tld)|my-?domain\.(com|tld))$/i
const EXAMPLE_LABEL = new RegExp(
  `^(?:your[-_]?(?:[a-z0-9]+[-_])?(?:${NOUN.slice(1, -1)}|company|site|tenant|team|subdomain|repo|owner|cluster)s?|(?:change|replace)[-_]?(?:me|this))$`,
  'i',
)

/** What a host, an image or a user name is when one of its labels stands for another; ordinary words are ordinary there. */
export function labelKind(text: string): string | undefined {
  const isExample = EXAMPLE_HOSTS.test(text) || text.split(/[./:@]/).some(label => EXAMPLE_LABEL.test(label))
  return bracketKind(text) ?? (isExample ? 'a name of a template' : undefined)
}

/** What a part of a path or a parameter is when nothing but a template could have left it there. */
export function segmentKind(text: string): string | undefined {
  return bracketKind(text) ?? (isMaskedToken(text) ? 'a token whose random part is one sign repeated' : undefined)
}

/** In long random text a mark may stand by chance. */
function isRandom(text: string): boolean {
  return (
    text.length >= 32 &&
    /^[A-Za-z0-9+/=_-]+$/.test(text) &&
    /[0-9]/.test(text) &&
    /[A-Z]/.test(text) &&
    /[a-z]/.test(text)
  )
}
