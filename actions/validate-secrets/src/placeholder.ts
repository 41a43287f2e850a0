/** Words that stand for a value by themselves; as a part of a longer value they prove nothing. */
const WHOLE = new Set([
  ...[
    '-',
    '--',
    '.',
    '?',
    '...',
    'n/a',
    'na',
    'nil',
    'null',
    'none',
    'undefined',
    'empty',
    'unset',
    'void',
    'tbd',
    'tba',
  ],
  ...[
    'password',
    'passwd',
    'pass',
    'secret',
    'token',
    'key',
    'apikey',
    'api_key',
    'api-key',
    'value',
    'string',
    'text',
  ],
  ...[
    'dummy',
    'example',
    'sample',
    'test',
    'testing',
    'foo',
    'bar',
    'baz',
    'foobar',
    'lorem',
    'ipsum',
    'default',
    'temp',
    'tmp',
  ],
  ...[
    'mypassword',
    'my-password',
    'my_password',
    'mysecret',
    'my-secret',
    'my_secret',
    'my-token',
    'secret-key',
    'secret_key',
  ],
  // The keys of a cloud's own documentation: https://docs.aws.amazon.com/IAM/latest/UserGuide/security-creds.html
  ...['akiaiosfodnn7example', 'wjalrxutnfemi/k7mdeng/bpxrficyexamplekey'],
])

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

/** What a value is made of when it is the text of a template, in words that do not quote it. */
export function placeholderKind(value: string, allowed: readonly string[] = []): string | undefined {
  const text = value.trim()
  if (allowed.includes(text)) return undefined
  if (/^<[^<>]*>$/.test(text)) return 'a text in angle brackets'
  if (/^\{\{.*\}\}$/s.test(text)) return 'a template of a kind {{…}}'
  if (/^\$\{\{.*\}\}$/s.test(text)) return 'an expression that the runner did not fill in'
  if (/^\$\{[^}]*\}$|^\$[A-Z_][A-Z0-9_]*$/.test(text)) return "a shell's variable that nobody filled in"
  if (/^%[A-Z_][A-Z0-9_]*%$/i.test(text)) return 'a variable of Windows that nobody filled in'
  if (/^\[[A-Z _-]+\]$/.test(text)) return 'a text in square brackets'
  if (/^(x{3,}|\*+|•+|\.{2,}|_+|#+|\?+)$/i.test(text)) return 'a row of one sign'
  if (WHOLE.has(text.toLowerCase())) return 'a word of a template'
  if (!ANY_MARK.test(text) || isRandom(text)) return undefined
  return MARKS.some(mark => mark.test(text)) ? 'a text of a template' : undefined
}

/** In long random text, or text in lines, a mark may stand by chance. */
function isRandom(text: string): boolean {
  return (
    text.includes('\n') ||
    (text.length >= 32 &&
      /^[A-Za-z0-9+/=_-]+$/.test(text) &&
      /[0-9]/.test(text) &&
      /[A-Z]/.test(text) &&
      /[a-z]/.test(text))
  )
}
