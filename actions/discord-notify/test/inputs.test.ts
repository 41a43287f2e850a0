import { readFileSync } from 'node:fs'
import path from 'node:path'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { readInputs, withVariables } from '../src/inputs.ts'
import type { Template } from '../src/look.ts'
import { PLACEHOLDERS } from '../src/placeholders.ts'
import { parseTemplate } from '../src/template.ts'

const URL_OF_ONE = `https://discord.com/api/webhooks/123456789012345678/${'t'.repeat(68)}`
const { inputs: declared } = parse(readFileSync(path.join(import.meta.dirname, '../action.yml'), 'utf8'))

function read(given: Record<string, string>, env: Record<string, string> = {}, template: Template = new Map()) {
  const defaults = Object.entries<{ default?: unknown }>(declared).map(
    ([name, { default: text = '' }]): [string, string] => [name, String(text).replace('${{ job.status }}', 'success')],
  )
  const pairs = Object.entries({ ...Object.fromEntries(defaults), ...given })
  const inputs = Object.fromEntries(pairs.map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text]))
  const looks = new InputReader(withVariables({ ...inputs, ...env }))
  return { inputs: readInputs(looks, looks, template), problems: looks.problems }
}

describe('the variable DISCORD_WEBHOOK', () => {
  it('is used where no webhook is set', () => {
    const { inputs, problems } = read({}, { DISCORD_WEBHOOK: URL_OF_ONE })
    expect(inputs.targets).toMatchObject([{ webhook: { id: '123456789012345678' } }])
    expect(problems).toEqual([])
  })

  it.each([
    { webhook: URL_OF_ONE.replace('123', '223') },
    { 'webhook-id': '223456789012345678', 'webhook-token': 't'.repeat(68) },
  ])('is not used beside %j', given => {
    const { inputs } = read(given as Record<string, string>, { DISCORD_WEBHOOK: URL_OF_ONE })
    expect(inputs.targets).toMatchObject([{ webhook: { id: '223456789012345678' } }])
  })

  it('is not needed', () => expect(read({}).inputs.targets).toEqual([]))
})

describe('the variable DISCORD_API_BASE', () => {
  const baseOf = (given: Record<string, string>) => {
    const { targets } = read({ webhook: URL_OF_ONE, ...given }, { DISCORD_API_BASE: 'https://gateway.example' }).inputs
    return targets.map(target => ('webhook' in target ? target.webhook.base : target.problem))
  }

  it('is used where no gateway is set', () => expect(baseOf({})).toEqual(['https://gateway.example']))
  it('is not used beside `api-base`', () =>
    expect(baseOf({ 'api-base': 'https://other.example' })).toEqual(['https://other.example']))
})

describe('mentions', () => {
  const [role, user] = ['123456789012345678', '223456789012345678']
  it.each([
    ['one per line', `role:${role}\nuser:${user}`],
    ['as Discord writes them', `<@&${role}>\n<@!${user}>`],
    ['pasted in one line', `<@&${role}> <@${user}>`],
    ['in one line with commas', `role: ${role}, user: ${user}`],
    ['with the backslash that shows the id', `\\<@&${role}>\n\\<@${user}>`],
  ])('are understood %s', (_, mentions) => {
    const { inputs, problems } = read({ mentions, 'mention-on': 'always' })
    expect(problems).toEqual([])
    expect(inputs.mentions).toEqual([
      { kind: 'role', id: role },
      { kind: 'user', id: user },
    ])
  })
})

describe('a name in braces that stands for nothing', () => {
  it.each(['title', 'text', 'content', 'footer', 'username', 'thread-name'])('is reported in `%s`', name => {
    expect(read({ [name]: 'Release {{tag}}' }).problems).toEqual([
      `\`${name}\` has {{tag}}, which is not a known name and is sent as it is. Known names: ${PLACEHOLDERS.map(known => `{{${known}}}`).join(' ')}`,
    ])
  })

  it.each([
    ['fields', { fields: 'Release: {{version}}' }],
    ['fields', { fields: '{{version}}: new' }],
    ['buttons', { buttons: 'Open {{version}}: https://a.example' }],
    ['content', { content: '{{ EVENT_PAYLOAD.release.tag_name }} is out' }],
  ])('is reported in `%s` of %j', (name, given) => {
    expect(read(given as unknown as Record<string, string>).problems).toMatchObject([
      expect.stringMatching(new RegExp(`^.${name}. has \\{\\{`)),
    ])
  })

  it('is reported in a template', async () => {
    const template = await parseTemplate('all:\n  footer: "{{versoin}}"\n  fields: { A: "{{x.y}}" }\n')
    expect(read({ template: 'discord.yml' }, {}, template).problems).toHaveLength(2)
  })

  it('is not what is known', () => {
    const text = PLACEHOLDERS.map(name => `{{ ${name} }}`).join(' ')
    expect(read({ title: text, 'thread-name': text, fields: `A: ${text}` }).problems).toEqual([])
  })
})
