import { describe, expect, it } from '@jest/globals'
import { complaint } from '../judging.ts'

describe('host', () => {
  it.each([
    'example.com',
    'shop.example.com',
    'localhost',
    'db-1',
    'xn--bcher-kva.example',
    '203.0.113.7',
    '2001:db8::7',
    '::1',
    'EXAMPLE.com',
    'example.com.',
    'a.b.c.d.e.f',
    '_srv.example.com',
  ])('takes %s', async value => {
    expect(await complaint('host', value)).toBe('')
  })

  it.each([
    ['https://example.com', 'is a URL'],
    ['deploy@example.com', 'has a user in front'],
    ['example.com/path', 'has a path'],
    ['10.0.0.0/8', 'is a network'],
    ['example.com:22', 'has a port'],
    ['[2001:db8::7]:22', 'has a port'],
    ['a.com,b.com', 'names several hosts'],
    ['a.com b.com', 'names several hosts'],
    ['*.example.com', 'is a pattern'],
    ['256.1.1.1', 'looks like an IP address'],
    ['1.2.3', 'neither a host name'],
    ['-a.example.com', 'neither a host name'],
    ['a..b', 'neither a host name'],
    [`${'a'.repeat(64)}.com`, 'neither a host name'],
    ['bücher.example', 'neither a host name'],
    ['example.com ', 'white space at its end'],
  ])('refuses %s', async (value, expected) => {
    expect(await complaint('host', value)).toContain(expected)
  })

  it.each([
    'localhost',
    'localhost.localdomain',
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    'printer.local',
    'a.localhost',
    '0.0.0.0',
  ])('finds %s local', async value => {
    expect(await complaint('host', value, { 'forbid-local': true })).toContain(
      'forbidden: is an address of the machine itself',
    )
  })
})

describe('ssh-host', () => {
  it.each([
    'shop.acme.org',
    'ops@shop.acme.org:2200',
    'deploy@203.0.113.7',
    '[2001:db8::7]:22',
    'local',
    'a.acme.org\nops@b.acme.org:2222\n',
  ])('takes %j', async value => {
    expect(await complaint('ssh-host', value)).toBe('')
  })

  it.each([
    ['https://shop.acme.org', 'is not a server'],
    ['shop.acme.org:port', 'is not a server'],
    ['a.acme.org, b.acme.org', 'is not a server'],
    ['a.acme.org\nb acme', 'is wrong in line 2, which is not a server'],
  ])('refuses %j', async (value, expected) => {
    expect(await complaint('ssh-host', value)).toContain(expected)
  })

  it('keeps to its hosts', async () => {
    expect(await complaint('ssh-host', 'ops@a.acme.org:22', { hosts: ['*.acme.org'] })).toBe('')
    expect(await complaint('ssh-host', 'ops@a.evil.org:22', { hosts: ['*.acme.org'] })).toContain(
      'is not at *.acme.org',
    )
    expect(await complaint('ssh-host', 'ops@localhost', { 'forbid-local': true })).toContain('the machine itself')
  })
})

describe('not-same-database-as', () => {
  it.each([
    ['postgres://app:S3cure-pw-91@db:5432/shop', true],
    ['postgresql://other:S3cure-pw-92@DB/shop?sslmode=require', true],
    ['postgres://app:S3cure-pw-91@db/shop_test', false],
    ['postgres://app:S3cure-pw-91@db:5433/shop', false],
    ['postgres://app:S3cure-pw-91@db2/shop', false],
  ])('compares host, port and name: %s', async (value, isSame) => {
    const found = await complaint(
      'database-url',
      value,
      { 'not-same-database-as': ['PRODUCTION'] },
      {
        PRODUCTION: 'postgres://app:S3cure-pw-90@db:5432/shop',
      },
    )
    expect(found).toBe(isSame ? 'forbidden: leads to the same database as `PRODUCTION`' : '')
  })
})

describe('forbid-local', () => {
  it.each([
    'http://2130706433:8080',
    'http://0177.0.0.1/',
    'http://0x7f.1/',
    'http://0:3000',
    'http://localhost.localdomain:3000',
    'http://[::ffff:127.0.0.1]/',
    'http://[::1]:80/',
  ])('knows every spelling of the loopback address: %s', async value => {
    expect(await complaint('url', value)).toBe('')
    expect(await complaint('url', value, { 'forbid-local': true })).toContain('is an address of the machine itself')
  })

  it.each(['http://[2001:db8::1]/', 'http://128.0.0.1', 'http://[::ffff:203.0.113.7]/', 'http://local.acme.org'])(
    'takes %s',
    async value => {
      expect(await complaint('url', value, { 'forbid-local': true })).toBe('')
    },
  )
})

describe('email', () => {
  it.each([
    'ops@example.com',
    'first.last@example.com',
    'a+tag@example.co.uk',
    'x@sub.example.org',
    "o'neil@example.com",
    'user_name@example.com',
    '1@example.com',
    'a-b@example-site.com',
    'UPPER@EXAMPLE.COM',
    'a@xn--bcher-kva.example',
  ])('takes %s', async value => {
    expect(await complaint('email', value)).toBe('')
  })

  it.each([
    ['Ops <ops@example.com>', 'has a display name'],
    ['a@example.com,b@example.com', 'is a list'],
    ['a@example.com;b@example.com', 'is a list'],
    ['mailto:a@example.com', 'starts with mailto'],
    ['example.com', 'has no @'],
    ['@example.com', 'nothing before the @'],
    ['a@', 'no domain'],
    ['a@localhost', 'no domain'],
    ['billing@shop.acme.org.', 'ends with a dot'],
    ['a..b@example.com', 'before the @'],
    ['a b@example.com', 'before the @'],
    ['a@exa mple.com', 'no domain'],
    ['a@b@example.com', 'before the @'],
  ])('refuses %s', async (value, expected) => {
    expect(await complaint('email', value)).toContain(expected)
  })

  it('keeps to its domains', async () => {
    expect(await complaint('email', 'a@mail.example.com', { hosts: ['*.example.com'] })).toBe('')
    expect(await complaint('email', 'a@example.org', { hosts: ['example.com'] })).toContain(
      'forbidden: is not at example.com',
    )
  })
})

describe('url', () => {
  it.each([
    'https://example.com',
    'http://example.com/path?x=1#y',
    'https://user:pa%40ss@example.com/',
    'https://example.com:8443',
    'https://203.0.113.7/x',
    'https://[2001:db8::1]:443/',
    'https://0123456789abcdef@o1.ingest.sentry.io/42',
    'https://example.com/a%20b',
    "https://data.acme.org/odata/Customers(Name='Ada')",
    'HTTPS://EXAMPLE.COM',
    'http://localhost:3000',
    'https://bücher.example',
    'https://xn--bcher-kva.example/~user/',
  ])('takes %s', async value => {
    expect(await complaint('url', value)).toBe('')
  })

  it.each([
    ['example.com', 'has no scheme'],
    ['//example.com', 'has no scheme'],
    ['https:/example.com', 'lacks the //'],
    ['https:example.com', 'lacks the //'],
    ['https://https://example.com', 'has two schemes'],
    ['https://exa mple.com', 'white space in it'],
    ['https://example.com/a\nb', 'white space in it'],
    ['https://', 'has no host'],
    ['https://example.com:', 'a colon without a port'],
    ['https://example.com:99999', 'cannot be'],
    ['https://example.com:0/', 'cannot be'],
    ['https://a..b/', 'cannot be'],
    ['https://u:p@ss@example.com', 'has an @'],
    ['https://example.com/100%', 'has a %'],
    ['https://example.com/<x>', 'a character that a URL cannot have'],
    ['ftp://example.com', 'does not start with http:// or https://'],
    ['javascript:alert(1)', 'lacks the //'],
    ['"https://example.com"', 'quotes around it'],
    ['just text', 'is no absolute URL'],
  ])('refuses %j', async (value, expected) => {
    expect(await complaint('url', value)).toContain(expected)
  })

  it.each([
    [
      { schemes: ['redis', 'rediss'] },
      'redis://cache:6379/0',
      'https://cache',
      'forbidden: does not start with redis:// or rediss://',
    ],
    [
      { hosts: ['*.sentry.io'] },
      'https://a@o1.ingest.sentry.io/1',
      'https://evil.example/1',
      'forbidden: is not at *.sentry.io',
    ],
    [
      { require: ['password', 'path'] as const },
      'https://u:p@example.com/x',
      'https://u@example.com',
      'lacks its password and path',
    ],
    [{ 'forbid-local': true }, 'https://example.com', 'http://127.0.0.1:80/', 'address of the machine itself'],
    [
      { require: ['port', 'query'] as const },
      'https://example.com:444/?a=1',
      'https://example.com/',
      'lacks its port and query',
    ],
  ])('%j takes %s and refuses %s', async (options, good, bad, expected) => {
    expect(await complaint('url', good, options)).toBe('')
    expect(await complaint('url', bad, options)).toContain(expected)
  })
})

describe('a JDBC URL as type url', () => {
  it('is taken where the rule allows it, and otherwise the message names how', async () => {
    const value = 'jdbc:postgresql://db.internal:5432/shop'
    expect(await complaint('url', value, { schemes: ['jdbc:postgresql'] })).toBe('')
    expect(await complaint('url', value)).toContain('is a JDBC URL')
  })
})

describe('database-url', () => {
  it.each([
    'postgres://user:S3cure-pw-91@db.example.com:5432/shop',
    'postgresql://user:pa%2Fss@localhost/shop?sslmode=require',
    'postgresql+psycopg2://u:p@db/shop',
    'mysql://root:secret%23@127.0.0.1:3306/app',
    'mongodb://u:p@a.example:27017,b.example:27018/app?replicaSet=rs0',
    'mongodb+srv://u:p@cluster0.example.net/app',
    'redis://:p%40ss@cache:6379/0',
    'rediss://default:pw@cache.example.com:6380',
    'postgres:///shop?host=/var/run/postgresql',
    'postgres://u:p@[2001:db8::1]:5432/shop',
    'sqlserver://sa:P%40ss@db:1433',
    'postgres://u:p:with:colons@db/shop',
    'jdbc:postgresql://db.internal:5432/shop',
    'jdbc:postgresql://db.internal:5432/shop?user=app&password=S3cure-pw-91',
    'jdbc:mysql://db.internal/shop?useSSL=true',
    'jdbc:oracle:thin:@//db.internal:1521/shop',
    'jdbc:h2:mem:test',
    'sqlserver://sql01.corp.acme.org:1433;database=shop;integratedSecurity=true',
    'sqlserver://sql01\\INST:1433;databaseName=shop;user=sa;password={pa;ss/w=rd#1};encrypt=true',
    'jdbc:sqlserver://sql01;databaseName=shop;',
    'sqlserver://sa:P%40ss@db:1433?database=shop',
    'sqlite:///var/lib/shop/shop.db',
    'sqlite:shop.db',
    'file:./dev.db',
  ])('takes %s', async value => {
    expect(await complaint('database-url', value)).toBe('')
  })

  it.each([
    ['postgres://user:pa/ss@db/shop', 'has / ? or # in its user or password'],
    ['postgres://user:pa#ss@db/shop', 'has / ? or # in its user or password'],
    ['postgres://user:pa?ss@db/shop', 'has / ? or # in its user or password'],
    ['postgres://user:pa@ss@db/shop', 'has an @ in its user or password'],
    ['postgres://user:100%@db/shop', 'has a % in its user or password'],
    ['postgres://user:pa[ss@db/shop', 'a character in its user or password'],
    ['postgres://user:pa ss@db/shop', 'white space in it'],
    ['jdbc:postgresql:/db/shop', 'has no scheme'],
    ['jdbc:postgresql://u:pa/ss@db/shop', 'has / ? or # in its user or password'],
    ['jdbc:vertica://db/shop', 'a scheme that is not known'],
    ['sqlserver://:1433;database=shop', 'has no host'],
    ['sqlserver://db:14x33;database=shop', 'a port that cannot be'],
    ['sqlserver://db;database=shop;pass', 'a property without ='],
    ['sqlite://', 'names no file'],
    ['host=db user=u password=p', 'list of key=value'],
    ['Server=db;User Id=u;Password=p', 'ADO connection string'],
    ['db.example.com:5432/shop', 'has no scheme'],
    ['https://db.example.com', 'is a web address'],
    ['oracle://u:p@db/shop', 'a scheme that is not known'],
    ['postgres://u:p@/shop', 'has no host'],
    ['postgres://u:p@db:port/shop', 'a port that cannot be'],
    ['postgres://u:p@db:70000/shop', 'a port that cannot be'],
    ['redis://cache.internal:0/0', 'a port that cannot be'],
    ['postgres://u:p@-db-/shop', 'a host that cannot be'],
    ['mongodb+srv://u:p@c.example.net:27017/app', 'mongodb+srv with a port'],
    ["'postgres://u:p@db/shop'", 'quotes around it'],
  ])('refuses %s', async (value, expected) => {
    expect(await complaint('database-url', value)).toContain(expected)
  })

  it.each([
    [
      { schemes: ['postgres'] },
      'postgres://u:p@db/s',
      'mysql://u:p@db/s',
      'forbidden: does not start with postgres://',
    ],
    [
      { require: ['password', 'database'] as const },
      'postgres://u:p@db/s',
      'postgres://u@db',
      'lacks its password and database',
    ],
    [{ schemes: ['postgres'] }, 'postgresql://u:p@db/s', 'jdbc:postgresql://db/s', 'does not start with postgres://'],
    [{ schemes: ['postgresql'] }, 'postgres://u:p@db/s', 'redis://db', 'does not start with postgresql://'],
    [{ schemes: ['mysql'] }, 'mariadb://u:p@db/s', 'postgres://u:p@db/s', 'does not start with mysql://'],
    [{ schemes: ['mongodb'] }, 'mongodb+srv://u:p@db.acme.org/s', 'mysql://u:p@db/s', 'does not start with mongodb://'],
    [{ schemes: ['rediss'] }, 'rediss://cache', 'redis://cache', 'does not start with rediss://'],
    [{ schemes: ['postgresql'] }, 'postgresql+asyncpg://u:p@db/s', 'mysql+aiomysql://u:p@db/s', 'does not start with'],
    [
      { schemes: ['jdbc:postgresql'] },
      'jdbc:postgresql://db.internal:5432/shop',
      'postgresql://u:p@db/s',
      'does not start with jdbc:postgresql://',
    ],
    [{ schemes: ['jdbc'] }, 'jdbc:mariadb://db/shop', 'mariadb://u:p@db/s', 'does not start with jdbc:'],
    [{ schemes: ['sqlite'] }, 'file:./dev.db', 'mysql://u:p@db/s', 'does not start with sqlite://'],
    [
      { require: ['user', 'password', 'database'] as const },
      'sqlserver://db;user=sa;pwd=S3cure-pw-91;database=shop',
      'sqlserver://db;user=sa',
      'lacks its password and database',
    ],
    [{ require: ['database'] as const }, 'sqlite:///shop.db', 'mysql://u:p@db', 'lacks its database'],
    [
      { 'forbid-local': true },
      'jdbc:sqlserver://db;databaseName=shop',
      'jdbc:sqlserver://localhost;databaseName=shop',
      'address of the machine itself',
    ],
    [{ require: ['password'] as const }, 'redis://:p@db', 'redis://u:@db', 'lacks its password'],
    [
      { hosts: ['db.internal'] },
      'postgres://u:p@db.internal/s',
      'postgres://u:p@db.external/s',
      'is not at db.internal',
    ],
    [{ 'forbid-local': true }, 'postgres://u:p@db/s', 'postgres://u:p@localhost/s', 'address of the machine itself'],
  ])('%j takes %s and refuses %s', async (options, good, bad, expected) => {
    expect(await complaint('database-url', good, options)).toBe('')
    expect(await complaint('database-url', bad, options)).toContain(expected)
  })
})
