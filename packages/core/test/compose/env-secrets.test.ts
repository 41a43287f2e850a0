import { secretValues, valuesInDotenv } from '@deploy-actions/core/compose/env-secrets'
import { describe, expect, it } from '@jest/globals'

const hidden = (name: string, value: string, shown: readonly string[] = []) =>
  secretValues([[name, value]], text => shown.includes(text)).length > 0

describe('secretValues', () => {
  it.each([
    ['POSTGRES_PASSWORD', 'hunter2x'],
    ['JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc'],
    ['ADMIN_PIN', '4711'],
    ['DATABASE_URL_RO', 'postgres'],
    ['SESSION', 'plainword'],
    ['A', 'sk_live_51H8xYz'],
    ['A', '0f8fad5bd9cb469fa165'],
    ['SESSION', 'sha-4f1c2ad'],
    ['A', 'xk:sha-4f1c2ad/29-wq-71'],
    ['A', '0f8fad5b-d9cb-469f-a165-70867728950e'],
    ['A', 'https://user:example@shop.example.org'],
    ['A', 'https://shop.example.org/hook?token=x'],
    ['A', 'postgres://app:example@db/app'],
    ['A', 'one\ntwo'],
    ['A', 'Correct horse battery staple'],
    ['A', 'c2VjcmV0IHRleHQ='],
  ])('hides %s=%s', (name, value) => {
    expect(hidden(name, value)).toBe(true)
  })

  it.each([
    ['ENVIRONMENT', 'production'],
    ['TZ', 'Europe/Berlin'],
    ['DOMAIN', 'shop.example.org'],
    ['ORIGIN', 'https://shop.example.org/health'],
    ['TAG', 'v1.12.0-rc.1'],
    ['MEMORY', '512000000'],
    ['BIND', '192.168.100.1'],
    ['DATA', '/var/lib/postgresql'],
    ['IMAGE', 'ghcr.io/acme/shop:1.2.3'],
    ['TAG', 'sha-4f1c2ad'],
    ['IMAGE', 'ghcr.io/acme/shop:sha-4f1c2ad'],
    ['IMAGE', `ghcr.io/acme/shop@sha256:${'0f8fad5b'.repeat(8)}`],
    ['SHORT', 'x7#k'],
    ['SESSION_TIMEOUT', '3600'],
    ['JWT_PUBLIC_KEY_PATH', '/run/keys/jwt'],
  ])('shows %s=%s', (name, value) => {
    expect(hidden(name, value)).toBe(false)
  })

  it('shows what the run shows anyway, under whichever name', () => {
    const sha = '0f8fad5bd9cb469fa16570867728950e0f8fad5b'
    expect(hidden('TAG', sha)).toBe(true)
    expect(hidden('TAG', sha, [sha])).toBe(false)
    expect(hidden('CACHE_KEY', sha, [sha])).toBe(false)
  })
})

describe('valuesInDotenv', () => {
  it('finds values in every form that a tool may print', () => {
    const text = `# A=comment\nexport A=plain # why\nB="two\nlines"\nC='s q' # c\nD = "open\n\n`
    const values = valuesInDotenv(text)
    for (const entry of [
      ['A', 'plain'],
      ['B', 'two'],
      ['B', 'lines'],
      ['C', 's q'],
      ['D', 'open'],
    ])
      expect(values).toContainEqual(entry)
    expect(values.map(([, value]) => value).join()).not.toContain('comment')
  })
})
