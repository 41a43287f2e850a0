import { describe, expect, it } from '@jest/globals'
import type { Source } from '../../src/check.ts'
import { captureFrom } from '../../src/expect/capture.ts'
import type { Expectation } from '../../src/expect/expectation.ts'
import { problemOfSelector } from '../../src/expect/html.ts'
import { judge } from '../../src/expect/judge.ts'
import type { Matcher } from '../../src/expect/matcher.ts'
import { createPatternTester } from '../../src/expect/pattern.ts'
import type { Observation } from '../../src/observation.ts'
import { answer, output } from './observations.ts'

const isMatch = createPatternTester()
const at = (path: string, matcher: Matcher): Expectation => ({ kind: 'value', source: { part: 'html', path }, matcher })
const eq = (value: unknown): Matcher => ({ op: 'eq', value })
const lacks = (expectations: Expectation[], seen: Observation) =>
  judge({ expectations, secrets: [] }, seen, 10, isMatch)

const SHOP = `<!DOCTYPE html>
<html><head>
  <meta name=commit content="9f2c4d07">
  <title>Shop &amp; more</title>
  <script>const stock = 1 < 2</script>
</head><body>
  <h1 class="big title">
    Welcome   to the <b>shop</b>
  </h1>
  <ul id=stock><li data-State=in>Milk<li data-state=in>Bread</ul>
  <p>Total<script>secret()</script><style>p {}</style> 3
  <form><input type=hidden name=csrf value="t0k3n"><input disabled></form>
</body></html>`

describe('expectations of a page', () => {
  it.each<[string, Matcher]>([
    ['h1', eq('Welcome to the shop')],
    ['h1.big', { op: 'contains', value: 'Welcome' }],
    ['h1', { op: 'not-contains', value: 'error' }],
    ['h1', { op: 'matches', pattern: { source: '^Welcome', flags: '' } }],
    ['title', eq('Shop & more')],
    ['TITLE', eq('Shop & more')],
    ['meta[name=commit]@content', { op: 'version', version: '9f2c4d07aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }],
    ['meta[name="commit"] @content', eq('9f2c4d07')],
    ['input[name=csrf]@value', { op: 'exists' }],
    ['input[disabled]@disabled', { op: 'exists' }],
    ['li', { op: 'length', matcher: eq(2) }],
    ['li', { op: 'any', matcher: eq('Bread') }],
    ['li', { op: 'every', matcher: { op: 'matches', pattern: { source: '^[A-Z]', flags: '' } } }],
    ['#stock > li@data-state', eq('in')],
    ['li:nth-child(2)', eq('Bread')],
    ['ul:has(> li)@id', eq('stock')],
    ['p', eq('Total 3')],
    ['script', { op: 'any', matcher: eq('const stock = 1 < 2') }],
    ['.error', { op: 'absent' }],
    ['.error', { op: 'length', matcher: eq(0) }],
    ['h1@title', { op: 'absent' }],
    ['input[value="a@b"]', { op: 'absent' }],
  ])('hold: %s, %j', async (path, matcher) => {
    expect(await lacks([at(path, matcher)], answer(SHOP))).toEqual([])
  })

  it.each<[string, Matcher, string]>([
    ['h1', eq('Welcome'), 'h1 is "Welcome to the shop", not "Welcome"'],
    ['li', eq('Milk'), 'li: item 2 is "Bread", not "Milk"'],
    ['h2', eq('Welcome'), 'h2 is missing (wanted: it is "Welcome")'],
    ['h2', { op: 'exists' }, 'h2 is missing'],
    ['h2', { op: 'ne', value: 'x' }, 'h2 is missing'],
    ['h1@title', eq('x'), 'h1@title is missing (wanted: it is "x")'],
    ['li', { op: 'absent' }, 'li is there (["Milk", "Bread"]), and must not be'],
    [
      'meta[name=commit]@content',
      { op: 'version', version: 'abcdef0' },
      'meta[name=commit]@content names 9f2c4d07, not abcdef0',
    ],
  ])('say what is wrong: %s, %j', async (path, matcher, expected) => {
    expect(await lacks([at(path, matcher)], answer(SHOP))).toEqual([expected])
  })

  it.each<[string, Observation, string]>([
    ['nothing', answer(' '), 'the body is empty, not HTML'],
    ['JSON', answer({ html: '<h1>x</h1>' }), 'the body is JSON, not HTML; does the URL lead to a page, or to an API?'],
    ['XML', answer('<?xml version="1.0"?><feed/>'), 'the body is XML, not HTML'],
    ['a text', answer('1 < 2'), 'the body is plain text, not HTML'],
    ['what a command says', output('ok'), 'the output is plain text, not HTML'],
    [
      'half a page',
      answer('<h1>x', { isCut: true, size: 1_000_000 }),
      'the body is larger than 1.0 MB, so its HTML is not read; `max-size` under `expect` allows for more',
    ],
  ])('know what is no page: %s', async (_, seen, expected) => {
    expect(await lacks([at('h1', eq('x')), at('h2', eq('x'))], seen)).toEqual([expected])
  })

  it('read a broken page as a browser does', async () => {
    const seen = answer('<div><h1>a<p>b</div></span><![CDATA[x]]><h2 id=a id=b>c')
    expect(await lacks([at('h2', eq('c')), at('h2@id', eq('a'))], seen)).toEqual([])
  })

  it('read XHTML, and what a command prints', async () => {
    const xhtml = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><h1>a</h1></body></html>'
    expect(await lacks([at('h1', eq('a'))], answer(xhtml))).toEqual([])
    expect(await lacks([at('h1', eq('a'))], output('<h1>a</h1>\n'))).toEqual([])
  })

  it('say nothing of an error that is no page', async () => {
    const ok: Expectation = { kind: 'status', ranges: [{ from: 200, to: 299 }] }
    expect(await lacks([at('h1', eq('x')), ok], answer('down', { status: 502 }))).toEqual(['status is 502, not 2xx'])
  })

  it('end the reading of a page that takes minutes', async () => {
    const seen = answer('<p><b>'.repeat(160_000))
    expect(await lacks([at('p', eq('x'))], seen)).toEqual(['the body takes too long to read as HTML'])
  })

  it('end a search that takes minutes', async () => {
    const seen = answer('<i></i>'.repeat(20_000))
    const path = 'i:not(:has(~ b ~ b ~ b)):nth-last-of-type(even) ~ i:nth-last-of-type(odd) ~ i:nth-last-child(2n)'
    expect(await lacks([at(path, eq('x'))], seen)).toEqual([`the body takes too long to search for ${path}`])
  })

  it('do not fall over a page that is nested without end', async () => {
    const [reason] = await lacks([at('div', eq('x'))], answer(`${'<div>'.repeat(20_000)}x`))
    expect(reason).toBe('the body is nested too deeply, or holds too much, to look into')
  })
})

describe('captures of a page', () => {
  const source: Source = { part: 'html', path: 'input[name=csrf]@value' }

  it('take the first that is found', async () => {
    const captured = await captureFrom([{ name: 'csrf', source }], answer(SHOP))
    expect(captured.ok && captured.values.get('csrf')?.reveal()).toBe('t0k3n')
  })

  it('say that there is none', async () => {
    const captured = await captureFrom([{ name: 'csrf', source }], answer('<p>x'))
    expect(captured).toEqual({ ok: false, reasons: ['`csrf` cannot be captured: input[name=csrf]@value is missing'] })
  })
})

describe('problemOfSelector', () => {
  it.each(['h1', 'a, b > c', '[data-x="a@b"]', 'a@href', 'svg a@xlink:href', ':is(h1, h2):contains(x)'])(
    'takes %s',
    path => {
      expect(problemOfSelector(path)).toBeUndefined()
    },
  )

  it.each(['', '@href', 'a[', 'a,', 'a >', 'a:unknown', 'a::before', ':has(', 'li:nth-child(x)'])(
    'refuses %j',
    path => {
      expect(problemOfSelector(path)).toContain('this is no CSS selector')
    },
  )
})
