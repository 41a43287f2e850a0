import { describe, expect, it } from '@jest/globals'
import { load, mistakesIn } from './loading.ts'

describe('checks without a name of their own', () => {
  it('may differ in their query only, whose values are not shown', async () => {
    const plans = await load('https://h.example/ok?lang=de\nhttps://h.example/ok?lang=fr\nhttps://h.example/ok?lang=it')
    const names = plans.map(({ name }) => name)
    expect(new Set(names).size).toBe(3)
    expect(names.slice(1)).toEqual([expect.stringMatching(/ \(line 2\)$/), expect.stringMatching(/ \(line 3\)$/)])
    const made = plans.map(({ make }) => make(new Map()))
    expect(made.map(making => making.ok && making.check.name)).toEqual(names)
  })

  it('may stand in two files', async () => {
    const files = {
      'a.yml': '- https://h.example/?a=1',
      'b.yml': '- https://h.example/?a=2',
      'c.yml': '- https://h.example/?a=3',
    }
    const plans = await load('', { files, checksFiles: Object.keys(files) })
    expect(new Set(plans.map(({ name }) => name)).size).toBe(3)
  })

  it('but not with a name that two of them were given', async () => {
    const twice = '- { name: a, http: https://h.example/ }\n- { name: a, http: https://h.example/ }'
    expect(await mistakesIn(twice)).toMatchObject([expect.stringContaining('there is a check of this name already')])
  })
})

describe('a short form that is almost right', () => {
  it.each([
    ['- shop.example.org/status', 'write https:// (or http://) in front: https://shop.example.org/status'],
    ['- localhost:3000/ok', 'write https:// (or http://) in front: https://localhost:3000/ok'],
    ['localhost:3000/ok', 'write https:// (or http://) in front: https://localhost:3000/ok'],
    ['curl -f https://h.example/', 'write the URL alone, or `command:` with this line'],
    ['- hello', 'write a URL, or a map with'],
  ])('%s', async (checks, hint) => {
    expect((await mistakesIn(checks)).join()).toContain(hint)
  })

  it.each(["'https://h.example/ok'", '"tcp://h.example:5432"'])('a URL in quotes is one: %s', async checks => {
    expect(await mistakesIn(checks)).toEqual([])
  })
})
