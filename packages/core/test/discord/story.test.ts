import { deployEmbed, link, type RunFacts, statusTitle } from '@deploy-actions/core/discord/deploy-embed'
import { flattenFormErrors } from '@deploy-actions/core/discord/form-errors'
import { previewMarkdown } from '@deploy-actions/core/discord/preview'
import { parseStatus, parseStatuses, STATUSES, worstStatus } from '@deploy-actions/core/discord/status'
import { timelineField, timelineLine, timelineOf } from '@deploy-actions/core/discord/timeline'
import { describe, expect, it, test } from '@jest/globals'

const NOW = Date.UTC(2026, 0, 31, 10, 0, 0)
const FACTS: RunFacts = {
  repository: 'org/shop',
  serverUrl: 'https://github.com',
  ref: { kind: 'branch', name: 'feature/a (b)' },
  sha: 'abcdef0123456789abcdef0123456789abcdef01',
  message: 'feat: *more*\n\nBody <@&123456>\n\nCo-authored-by: x <x@example.org>\n',
  author: { name: 'ada_l', isLogin: true },
  workflow: 'Deploy',
  runUrl: 'https://github.com/org/shop/actions/runs/1',
  runNumber: '42',
  runAttempt: '2',
}

describe('parseStatus', () => {
  test.each([
    ['success', 'success'],
    ['Success', 'success'],
    ['timed_out', 'failure'],
    ['canceled', 'cancelled'],
    ['in-progress', 'started'],
    ['success skipped success', 'success'],
    ['success,failure,cancelled', 'failure'],
    ['skipped, skipped', 'skipped'],
    ['rollback-failed failure', 'rollback-failed'],
  ])('%p is %s', (text, status) => {
    const { known, problems } = parseStatuses(text)
    expect(worstStatus(known, false)).toBe(status)
    expect(problems).toEqual([])
  })
  test.each([
    ['sucess', /sucess" \(success\?\)/],
    ['constructor', /"constructor"/],
  ])('refuses %p', (text, message) => {
    expect(() => parseStatus(text)).toThrow(message)
  })
})

describe('deployEmbed', () => {
  const options = {
    details: ['repository', 'branch', 'commit', 'author', 'message', 'environment', 'duration', 'run'] as const,
    now: NOW,
  }

  it('tells the run', () => {
    expect(
      deployEmbed('deployed', FACTS, {
        ...options,
        environment: 'production',
        url: 'https://shop.example',
        duration: 42_000,
      }),
    ).toEqual({
      title: '✅ Deployed to production',
      url: 'https://shop.example',
      color: STATUSES.deployed.color,
      description: '**feat: \\*more\\***\nBody \\<@&123456\\>',
      timestamp: '2026-01-31T10:00:00.000Z',
      fields: [
        { name: 'Repository', value: '[org/shop](https://github.com/org/shop)', inline: true },
        {
          name: 'Branch',
          value: '[feature/a \\(b\\)](https://github.com/org/shop/tree/feature/a%20%28b%29)',
          inline: true,
        },
        { name: 'Commit', value: `[abcdef0](https://github.com/org/shop/commit/${FACTS.sha})`, inline: true },
        { name: 'Author', value: '[ada\\_l](https://github.com/ada_l)', inline: true },
        { name: 'Environment', value: 'production', inline: true },
        { name: 'Duration', value: '42 s', inline: true },
        { name: 'Run', value: '[Deploy \\#42, attempt 2](https://github.com/org/shop/actions/runs/1)', inline: true },
      ],
    })
  })

  it('leaves out what is not known', () => {
    const facts: RunFacts = {
      ...FACTS,
      sha: '',
      ref: { kind: 'other', name: '' },
      author: { name: '', isLogin: false },
    }
    const { message: _message, ...bare } = facts
    const embed = deployEmbed('success', bare, options)
    expect(embed.fields?.map(({ name }) => name)).toEqual(['Repository', 'Run'])
    expect(embed).not.toHaveProperty('description')
    expect(embed).toMatchObject({ title: '✅ Deploy succeeded', url: FACTS.runUrl })
  })

  test.each(Object.keys(STATUSES) as (keyof typeof STATUSES)[])(
    'has words for %s, with an environment and without',
    status => {
      expect(statusTitle(status, 'Deploy', 'production')).toMatch(/production/)
      expect(statusTitle(status, 'Deploy', undefined)).toMatch(/^\S+ Deploy/)
    },
  )

  it('keeps a name from formatting or ending a link', () => {
    expect(statusTitle('started', 'x', '*$&* env')).toBe('⏳ Deploying to \\*$&\\* env')
    expect(link('a](http://x)', 'https://a.example/(x)')).toBe('[a\\]\\(http:\u200b//x\\)](https://a.example/%28x%29)')
  })
})

describe('the timeline', () => {
  it('goes on from what stands there', () => {
    const first = timelineLine('started', NOW, undefined)
    const present = [{ title: 't', fields: [{ name: 'Branch', value: 'x' }, timelineField([first])] }]
    const lines = [...timelineOf(present), timelineLine('rolled-back', NOW + 61_000, 61_000)]
    expect(timelineField(lines).value).toBe('<t:1769853600:T> ⏳ started\n<t:1769853661:T> ↩️ rolled back · 1 m 1 s')
    expect(timelineOf([])).toEqual([])
  })

  it('keeps its first and its last steps when there are too many', () => {
    const lines = Array.from({ length: 60 }, (_, index) => timelineLine('pending', NOW + index * 1_000, index * 1_000))
    const { value } = timelineField(lines)
    expect(value.length).toBeLessThanOrEqual(1_024)
    expect(value.split('\n')[0]).toBe(lines[0])
    expect(value.split('\n')[1]).toMatch(/^… \d+ more …$/)
    expect(value.endsWith(lines.at(-1) ?? '')).toBe(true)
  })
})

describe('previewMarkdown', () => {
  it('shows a message as a quotation', () => {
    const text = previewMarkdown({
      content: 'hi <@&123456> @everyone',
      embeds: [
        {
          title: 'Out',
          url: 'https://a.example',
          description: 'one\ntwo <script>',
          fields: [
            { name: 'A', value: '1|2', inline: true },
            { name: 'B', value: '<t:1769853600:T> done' },
          ],
          footer: { text: 'foot' },
        },
      ],
      components: [{ type: 1, components: [{ type: 2, style: 5, label: 'Open', url: 'https://b.example' }] }],
    })
    expect(text).toBe(
      [
        '> hi `@&123456` @\u200beveryone',
        '>',
        '> **[Out](<https://a.example>)**',
        '> ',
        '> one  ',
        '> two &lt;script>',
        '> ',
        '> | A |',
        '> | --- |',
        '> | 1\\|2 |',
        '> ',
        '> **B**',
        '> ',
        '> 10:00:00 done',
        '> ',
        '> <sub>foot</sub>',
        '>',
        '> [Open](<https://b.example>)',
      ].join('\n'),
    )
  })
})

describe('flattenFormErrors', () => {
  it('names each place', () => {
    const leaf = (message: string) => ({ _errors: [{ code: 'X', message }] })
    expect(
      flattenFormErrors({
        embeds: {
          '0': {
            fields: { '3': { value: leaf('This field is required') } },
            title: leaf('Must be 256 or fewer in length.'),
          },
        },
        _errors: [{ message: 'whole' }],
      }),
    ).toEqual([
      'embeds[0].fields[3].value: This field is required',
      'embeds[0].title: Must be 256 or fewer in length.',
      'the message: whole',
    ])
    expect(flattenFormErrors(undefined)).toEqual([])
  })
})

it('the author of a run under act has no page to link', () => {
  const facts = { ...FACTS, author: { name: 'nektos/act', isLogin: true } }
  const embed = deployEmbed('deployed', facts, { details: ['author'], now: NOW })
  expect(embed.fields).toMatchObject([{ name: 'Author', value: 'nektos/act' }])
})
