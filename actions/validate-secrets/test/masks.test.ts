import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { runAction } from './running.ts'

const masksOf = async (document: unknown) =>
  (await runAction({ inputs: { required: 'CREDENTIALS: json' }, env: { CREDENTIALS: JSON.stringify(document) } })).masks

describe('masks for the texts of a JSON secret', () => {
  it.each([
    [
      { account: 'acme-logistics', bucket: 'acme-invoices', secretKey: 'correct horse battery' },
      ['correct horse battery'],
    ],
    [{ host: 'db.internal', database: 'warehouse', password: 'not random at all' }, ['not random at all']],
    [{ host: 'db-1a2b3c4d.eu-west-1.rds.amazonaws.com', bucket: 'invoices-2024q1-v2b3' }, []],
    [{ tenantId: '3f2a8b4c-9d1e-4f6a-8b2c-1d3e5f7a9b0c', clientSecret: 'f8K~2zPw9Lm4.Xr7' }, ['f8K~2zPw9Lm4.Xr7']],
    [{ anything: 'f8Kq2zPw9Lm4Xr7q' }, ['f8Kq2zPw9Lm4Xr7q']],
    [{ pem: '-----BEGIN PRIVATE KEY-----\nabc' }, ['-----BEGIN PRIVATE KEY-----\nabc']],
    [{ url: 'postgres://app:correct%20horse@db/app' }, ['correct%20horse', 'correct horse']],
    [{ url: 'https://api.acme.org/v1/orders', client_email: 'robot@acme-project.iam' }, []],
    [{ tokens: ['first secret', 'second secret'] }, ['first secret', 'second secret']],
    [{ credentials: { user: 'deployer-of-acme', value: 'correct horse' } }, ['correct horse']],
    [
      { 'api-key': 'correct horse', public_key: 'ordinary text of it', secretName: 'name-of-it-there' },
      ['correct horse'],
    ],
  ])('of %j are %j', async (document, expected) => {
    expect(await masksOf(document)).toEqual(expected)
  })

  it('are there for the secrets of a .env, and of a decoded document', async () => {
    const env = {
      ENV_FILE: 'HOST=db.internal.acme\nDB_PASSWORD="correct horse"\nURL=postgres://u:battery%20st@h/d',
      CREDS: Buffer.from('{"host":"db.internal.acme","password":"staple horse"}').toString('base64'),
    }
    const rules = 'secrets: { ENV_FILE: dotenv, CREDS: { type: base64, decoded-type: json } }'
    const { masks } = await runAction({ inputs: { rules }, env })
    expect(masks).toEqual(expect.arrayContaining(['correct horse', 'battery%20st', 'staple horse']))
    expect(masks).not.toContain('db.internal.acme')
  })

  it('are there for every secret key, and for no ordinary one', async () => {
    const text = fc.constantFrom('correct horse battery', 'ordinary words here')
    const secretKey = fc.constantFrom('password', 'dbPassword', 'API_TOKEN', 'client-secret', 'privateKey', 'key')
    const openKey = fc.constantFrom('host', 'bucket', 'projectId', 'client_email', 'user', 'region', 'account')
    await fc.assert(
      fc.asyncProperty(secretKey, openKey, text, async (secret, open, value) => {
        expect(await masksOf({ [secret]: value })).toEqual([value])
        expect(await masksOf({ [open]: value })).toEqual([])
      }),
    )
  })
})
