import { describe as describeOperation, type Operation } from '@deploy-actions/core/deploy/operation'
import { describe, expect, it } from '@jest/globals'

describe('an operation', () => {
  it.each<[Operation, string]>([
    [
      { kind: 'adopt', reason: 'it was started manually' },
      '! record what the server has now as the rollback point: it was started manually',
    ],
    [
      { kind: 'save', reason: 'changed on the server: a', rollbackPoint: 'r1' },
      '! save what the server has now, beside the rollback point r1: changed on the server: a',
    ],
    [{ kind: 'pull', image: 'web:2' }, '▸ pull web:2'],
    [{ kind: 'file', change: 'add', path: 'a' }, '+ file a'],
    [{ kind: 'file', change: 'replace', path: 'a' }, '~ file a'],
    [{ kind: 'file', change: 'remove', path: 'a' }, '- file a'],
    [{ kind: 'files-kept', number: 1 }, '= 1 file unchanged'],
    [{ kind: 'files-kept', number: 2 }, '= 2 files unchanged'],
    [{ kind: 'env', change: 'write' }, '~ write .env'],
    [{ kind: 'env', change: 'keep' }, '= .env stays as the server has it'],
    [
      { kind: 'env', change: 'restore', names: ['DB_PASSWORD', 'TAG'] },
      '~ .env of that release is restored; other values than now: DB_PASSWORD, TAG',
    ],
    [{ kind: 'env', change: 'restore', names: [] }, '~ .env of that release is restored'],
    [{ kind: 'service', change: 'create', service: 'web', image: 'web:2' }, '+ service web: web:2'],
    [
      { kind: 'service', change: 'recreate', service: 'web', image: 'web:2', before: 'web:1' },
      '~ service web: web:1 → web:2',
    ],
    [
      { kind: 'service', change: 'recreate', service: 'web', image: 'web:2', before: 'web:2' },
      '~ service web: web:2 (another image under the same name)',
    ],
    [{ kind: 'service', change: 'keep', service: 'db', image: 'pg:17', before: 'pg:17' }, '= service db: pg:17'],
    [
      { kind: 'service', change: 'keep', service: 'web', image: 'web:2', before: 'web:2', isPulled: true },
      '= service web: web:2, unless the pull brings another image',
    ],
    [{ kind: 'service', change: 'remove', service: 'cron', image: '' }, '- service cron'],
    [{ kind: 'switch', release: undefined }, '▸ switch to the new release: files, .env, docker compose up'],
    [{ kind: 'prune', keep: 5 }, '▸ prune old releases: the newest 5 stay'],
  ])('%j reads: %s', (operation, text) => {
    expect(describeOperation(operation)).toBe(text)
  })
})
