import { describe, expect, it } from '@jest/globals'
import { checkOf, checksOf, mistakesIn, revealed } from './loading.ts'

describe('http', () => {
  it('is what a URL alone means, one a line', async () => {
    const checks = await checksOf(
      'https://shop.example.org/health  # the shop\n\n  http://shop.example.org:8080/\ntcp://db:5432\ntls://mail.example.org',
    )
    expect(checks.map(({ name, at }) => [name, at.line, at.column])).toEqual([
      ['https://shop.example.org/health', 1, 1],
      ['http://shop.example.org:8080/', 3, 3],
      ['tcp db:5432', 4, 1],
      ['tls mail.example.org:443', 5, 1],
    ])
    expect(checks[0]).toMatchObject({
      subject: { kind: 'http', method: 'GET', headers: {}, maxRedirects: 10, version: '1.1', maxBytes: 1_000_000 },
      expectations: [{ kind: 'status', ranges: [{ from: 200, to: 299 }] }],
      severity: 'error',
      from: { kind: 'runner' },
    })
  })

  it('takes every key, in any of the three spellings', async () => {
    const { subject, secrets } = await checkOf(`
- http:
    url: https://\${APP_HOST}/api
    method: PUT
    headers: { X-Request-Id: abc, Content-Type: text/csv }
    body: "a;b"
    follow_redirects: true
    maxRedirects: 3
    basic-auth: { username: admin, password: p@ss:word }
    tls: { insecure_skip_verify: true, caFile: ca.pem, cert-file: c.pem, key-file: k.pem, server-name: x.example.org, min-version: 1.3 }
    resolve: ["shop.example.org:443:203.0.113.5", "[::1]:443:[2001:db8::1]"]
    ip-version: 6
    http-version: 2
`)
    expect(subject).toMatchObject({
      method: 'PUT',
      body: 'a;b',
      maxRedirects: 3,
      family: 6,
      version: '2',
      headers: { 'content-type': 'text/csv', 'x-request-id': 'abc', authorization: `Basic ${btoa('admin:p@ss:word')}` },
      tls: {
        insecure: true,
        caFile: 'ca.pem',
        certFile: 'c.pem',
        keyFile: 'k.pem',
        servername: 'x.example.org',
        minVersion: 'TLSv1.3',
      },
    })
    expect(subject.kind === 'http' ? [...subject.resolve] : []).toEqual([
      ['shop.example.org:443', '203.0.113.5'],
      ['[::1]:443', '2001:db8::1'],
    ])
    expect(secrets.map(secret => secret.reveal())).toEqual(['p@ss:word'])
  })

  it.each([
    [
      'json: { a: 1, b: [true, null, "${APP_HOST}"] }',
      'application/json',
      '{"a": 1, "b": [true, null, "shop.example.org"]}',
    ],
    ['form: { a: "1 2", b: "&" }', 'application/x-www-form-urlencoded', 'a=1+2&b=%26'],
    ['body: hello', 'text/plain; charset=utf-8', 'hello'],
  ])('sends %s by POST', async (written, type, body) => {
    const { subject, retry } = await checkOf(`- http: { url: "https://x.example.org", ${written} }`)
    expect(subject).toMatchObject({ method: 'POST', headers: { 'content-type': type }, body })
    expect(retry).toMatchObject({ attempts: 1, successThreshold: 1 })
  })

  it('takes credentials of the URL for basic authentication, whatever is in them', async () => {
    const check = await checkOf('https://ci:${PASSWORD}@shop.example.org/x?a=${API_TOKEN}', {
      env: { PASSWORD: 'a/b@c?d' },
    })
    expect(check.subject).toMatchObject({ headers: { authorization: `Basic ${btoa('ci:a/b@c?d')}` } })
    expect(check.subject.kind === 'http' ? check.subject.url.href : '').toBe(
      'https://shop.example.org/x?a=hunter2hunter2',
    )
    expect(revealed(check).sort()).toEqual(['a/b@c?d', 'hunter2hunter2'])
    expect(check.name).toBe('https://shop.example.org/x?a=…')
  })

  it('does not follow a redirect that is to be seen', async () => {
    const { subject } = await checkOf('- http: { url: "https://x.example.org", follow-redirects: false }')
    expect(subject).toMatchObject({ maxRedirects: 0 })
  })

  it('reads as much of a body as `max-size` allows', async () => {
    const { subject } = await checkOf('- http: https://x.example.org\n  expect: { max-size: 5MB }')
    expect(subject).toMatchObject({ maxBytes: 5_000_000 })
  })

  it.each([
    ['- http: shop.example.org', '1:9 write a whole URL'],
    ['- http: "ftp://shop.example.org"', '1:9 write a whole URL'],
    ['- http: "https:///health"', '1:9 write a whole URL'],
    ['- http: "https://a b/"', '1:9 write a whole URL'],
    ['- http: "https://a:%@x.example.org/"', '1:9 the user and password before @ have a %'],
    ['- http: {}', '1:9 `url` is missing here'],
    ['- http: { uri: "https://x" }', '1:11 there is no `uri` here; write `url`'],
    ['- http: { url: "https://x", metod: GET }', '1:29 the key `metod` is not known; did you mean `method`?'],
    ['- http: { url: "https://x", method: get }', '1:37 write one of GET'],
    ['- http: { url: "https://x", method: GET, body: x }', '1:42 a GET request has no body'],
    ['- http: { url: "https://x", body: x, json: {} }', '1:38 write one of body, json, form, not 2'],
    [
      '- http: { url: "https://x", bearer: x, basic-auth: { username: a, password: b } }',
      '1:40 write one of bearer, basic-auth',
    ],
    ['- http: { url: "https://x", basic-auth: { username: a } }', '1:41 `password` is missing here'],
    ['- http: { url: "https://x", headers: { "a b": c } }', '1:40 this is no name of a header'],
    ['- http: { url: "https://x", headers: { a: "b\\nc" } }', '1:43 a header has no line breaks'],
    ['- http: { url: "https://x", headers: [a] }', '1:38 write names of headers and their values'],
    ['- http: { url: "https://x", resolve: "x:1.2.3.4" }', '1:38 write host:port:address'],
    [
      '- http: { url: "https://x", tls: { insecure: true } }',
      '1:36 there is no `insecure` here; write `insecure-skip-verify`',
    ],
    ['- http: { url: "https://x", max-redirects: many }', '1:44 write a whole number from 0 to 50'],
    ['- http: { url: "https://x", max-redirects: 1, max_redirects: 2 }', '1:47 `max-redirects` stands twice'],
    ['- http: { url: "https://x", follow-redirects: 1 }', '1:47 write true or false'],
    ['- http: { url: "https://x", http-version: 3 }', '1:43 write one of 1.1, 2'],
    [
      '- http: { url: "https://x", expect: { status: 200 } }',
      '1:29 there is no `expect` here; `expect` stands beside `http`',
    ],
  ])('finds what is wrong in %s', async (written, expected) => {
    expect((await mistakesIn(written)).join('\n')).toContain(expected)
  })
})

describe('tcp, tls and dns', () => {
  it.each([
    ['tcp: db:5432', { kind: 'tcp', host: 'db', port: 5432, send: undefined, family: undefined }],
    ['tcp: "[::1]:6379"', { kind: 'tcp', host: '::1', port: 6379 }],
    [
      'tcp: { host: 10.0.0.5, port: 6379, send: "PING\\r\\n", ip-version: 4 }',
      { host: '10.0.0.5', send: 'PING\r\n', family: 4 },
    ],
    ['tls: shop.example.org', { kind: 'tls', host: 'shop.example.org', port: 443, tls: {} }],
    ['tls: mail.example.org:465', { port: 465 }],
    ['tls: { host: mail.example.org, port: "465", min-version: "1.2" }', { port: 465, tls: { minVersion: 'TLSv1.2' } }],
    ['dns: shop.example.org', { kind: 'dns', name: 'shop.example.org', type: 'A', server: undefined }],
    ['dns: { name: example.org, type: MX, server: 1.1.1.1 }', { type: 'MX', server: '1.1.1.1' }],
  ])('reads %s', async (written, subject) => {
    expect((await checkOf(`- ${written}`)).subject).toMatchObject(subject)
  })

  it.each([
    ['tcp: db', '1:8 write host:port'],
    ['tcp: db:99999', '1:8 write host:port'],
    ['tcp: { host: db }', '1:8 `port` is missing here'],
    ['tcp: { host: "http://db", port: 1 }', '1:16 write a host name or an address alone'],
    ['tcp: { host: db, port: 0 }', '1:26 write a whole number from 1 to 65535'],
    ['tls: https://shop.example.org', '1:8 write host or host:port'],
    ['dns: https://shop.example.org', '1:8 write a host name'],
    ['dns: { name: x, type: AA }', '1:25 write one of A, AAAA'],
    ['dns: { host: x }', '1:10 there is no `host` here; write `name`'],
  ])('finds what is wrong in %s', async (written, expected) => {
    expect((await mistakesIn(`- ${written}`)).join('\n')).toContain(expected)
  })
})

describe('command', () => {
  it('reads a program with its arguments, and an environment', async () => {
    const check = await checkOf(
      '- command: { run: [node, check.js, 5, ""], env: { PGHOST: db, PGPASSWORD: "${API_TOKEN}", DEBUG: }, cwd: /app }',
    )
    expect(check.subject).toMatchObject({ argv: ['node', 'check.js', '5', ''], cwd: '/app' })
    const env = check.subject.kind === 'command' ? check.subject.env : {}
    expect(Object.entries(env).map(([name, value]) => [name, value.reveal()])).toEqual([
      ['PGHOST', 'db'],
      ['PGPASSWORD', 'hunter2hunter2'],
      ['DEBUG', ''],
    ])
    expect(revealed(check)).toEqual(['hunter2hunter2'])
    expect(check.expectations).toEqual([
      { kind: 'value', source: { part: 'exit-code' }, matcher: { op: 'eq', value: 0 } },
    ])
  })

  it('leaves the text of a shell to the shell', async () => {
    const written = 'for f in *; do echo "$f ${HOME} ${N:-1}"; done; A=1; echo $A $TOKEN'
    const check = await checkOf(`- command: { shell: '${written}', env: { TOKEN: "\${API_TOKEN}" } }`)
    expect(check.subject).toMatchObject({ argv: ['sh', '-c', written] })
  })

  it.each([
    ['command: node check.js', '1:12 write the program and its arguments as a list'],
    ['command: []', '1:12 write the program and its arguments as a list'],
    ['command: { env: { A: b } }', '1:12 write the program and its arguments as a list'],
    ['command: { run: [a], shell: b }', '1:31 write `run` or `shell`, not both'],
    ['command: { cmd: a }', '1:14 there is no `cmd` here; write `run'],
    ['command: [curl, "${API_TOKEN}"]', '1:19 everyone on the machine can see an argument; pass `API_TOKEN` by `env:`'],
    [
      'command: { shell: "curl $API_TOKEN" }',
      '1:21 the shell is not given `API_TOKEN`; pass it by `env: { API_TOKEN: "${API_TOKEN}" }`',
    ],
    ['command: { run: [a], env: { "A B": c } }', '1:31 a name is made of letters'],
  ])('finds what is wrong in %s', async (written, expected) => {
    const found = (await mistakesIn(`- ${written}`)).join('\n')
    expect(found).toContain(expected)
    expect(found).not.toContain('hunter2')
  })
})
