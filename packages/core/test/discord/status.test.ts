import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { helperResults, results } from '@deploy-actions/core/deploy/result'
import { statusTitle } from '@deploy-actions/core/discord/deploy-embed'
import { parseStatus, STATUSES, type Status, worstStatus } from '@deploy-actions/core/discord/status'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'

const ACTIONS = path.join(import.meta.dirname, '../../../../actions')

describe('the result of every action', () => {
  const actions = readdirSync(ACTIONS).filter(name => existsSync(path.join(ACTIONS, name, 'action.yml')))
  const declared = actions.flatMap(name => {
    const { outputs } = parse(readFileSync(path.join(ACTIONS, name, 'action.yml'), 'utf8'))
    const text: string = outputs.result.description
    const listed = text.replaceAll(/\([^)]*\)/g, '')
    return [...listed.matchAll(/`([a-z-]+)`/g)].map(([, word = '']): [string, string] => [name, word])
  })

  it('is declared', () => expect(new Set(declared.map(([name]) => name)).size).toBe(actions.length))

  it.each(declared)('of %s: `%s` is in the one table of words, and is understood', (_, word) => {
    expect([...Object.keys(results), ...helperResults]).toContain(word)
    expect(() => parseStatus(word)).not.toThrow()
  })

  it.each([...Object.keys(results), ...helperResults])('%s is understood', word => {
    expect(() => parseStatus(word)).not.toThrow()
  })
})

describe('a deploy that was skipped', () => {
  const statuses = fc.array(fc.constantFrom(...(Object.keys(STATUSES) as Status[])))

  it('is never shown as a success, whatever else succeeded', () => {
    fc.assert(
      fc.property(statuses, statuses, (before, after) => {
        const worst = worstStatus([...before, 'skipped', ...after], true)
        expect(worst && STATUSES[worst].mood).not.toBe('up')
      }),
    )
  })

  it('has its own title', () => {
    const status = worstStatus(['success', 'skipped'], true) ?? 'success'
    expect(statusTitle(status, 'Release', 'production')).toBe('⏭️ Deploy to production was skipped')
  })

  it('does not hide what failed', () => {
    fc.assert(
      fc.property(statuses, list => {
        const worst = worstStatus(list, true)
        if (list.some(status => STATUSES[status].mood === 'down')) expect(worst && STATUSES[worst].mood).toBe('down')
        expect(worst === undefined).toBe(list.length === 0)
      }),
    )
  })

  it.each(['passed', 'valid', 'tagged', 'planned', 'sent'])('nor is %s called deployed', word => {
    expect(statusTitle(parseStatus(word), 'Release', 'production')).not.toMatch(/Deployed/)
  })
})
