import type { Tree } from '@deploy-actions/core/yaml/tree'
import type { Synthetic } from './synthetic.ts'

/** Options of a database's command, as they are written. */
export type DatabaseOptions = Readonly<Partial<Record<DatabaseOption, Tree>>>
export type DatabaseOption = 'host' | 'port' | 'user' | 'name'

export interface Engine {
  argv(options: DatabaseOptions): readonly Synthetic[]
  /** The whole output, where the exit status alone does not tell. */
  readonly stdout?: string
  readonly takes: readonly DatabaseOption[]
}

/** An address, not `localhost`: while an image sets up a new database, the server takes connections by its socket alone. */
const THIS_MACHINE = '127.0.0.1'

/** https://www.postgresql.org/docs/current/app-pg-isready.html#id-1.9.4.15.7 */
const postgres: Engine = {
  argv: ({ host = THIS_MACHINE, port, user, name }) => [
    'pg_isready',
    '-h',
    host,
    ...flag('-p', port),
    ...flag('-U', user),
    ...flag('-d', name),
  ],
  takes: ['host', 'port', 'user', 'name'],
}

/** Ends with 0 when the server runs, even if it denies access: https://dev.mysql.com/doc/refman/8.4/en/mysqladmin.html */
function mysql(program: string): Engine {
  return {
    argv: ({ host = THIS_MACHINE, port, user }) => [
      program,
      '-h',
      host,
      ...flag('-P', port),
      ...flag('-u', user),
      '--connect-timeout=5',
      'ping',
    ],
    takes: ['host', 'port', 'user'],
  }
}

/** An error, such as a missing password, is told on the output, with an exit status of 0. */
function redis(program: string): Engine {
  return {
    argv: ({ host = THIS_MACHINE, port }) => [program, '-h', host, ...flag('-p', port), 'ping'],
    stdout: 'PONG',
    takes: ['host', 'port'],
  }
}

/** Needs no login: https://www.mongodb.com/docs/manual/reference/command/ping/ */
const mongo: Engine = {
  argv: ({ host = THIS_MACHINE, port }) => [
    'mongosh',
    '--quiet',
    '--host',
    host,
    ...flag('--port', port),
    '--eval',
    "db.adminCommand('ping').ok",
  ],
  stdout: '1',
  takes: ['host', 'port'],
}

export const ENGINES = {
  postgres,
  mysql: mysql('mysqladmin'),
  // Its images have no `mysqladmin` any more since version 11.
  mariadb: mysql('mariadb-admin'),
  redis: redis('redis-cli'),
  valkey: redis('valkey-cli'),
  mongo,
} as const
export type EngineName = keyof typeof ENGINES
export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[]

/** Commands that change nothing, and end with another status than 0 while a migration is pending. */
export const MIGRATION_COMMANDS = {
  /** Since 1.17.1: https://alembic.sqlalchemy.org/en/latest/changelog.html#change-1.17.1 */
  alembic: ['alembic', 'current', '--check-heads'],
  /** Since 3.1: https://docs.djangoproject.com/en/stable/ref/django-admin/#cmdoption-migrate-check */
  django: ['python', 'manage.py', 'migrate', '--check'],
  /** Since 4.3.0: https://www.prisma.io/docs/cli/migrate/status#exit-codes. `--no` fetches nothing that is not installed. */
  prisma: ['npx', '--no', '--', 'prisma', 'migrate', 'status'],
  /** https://github.com/rails/rails/blob/main/activerecord/lib/active_record/railties/databases.rake */
  rails: ['bin/rails', 'db:abort_if_pending_migrations'],
} as const
export type MigrationTool = keyof typeof MIGRATION_COMMANDS
export const MIGRATION_TOOLS = Object.keys(MIGRATION_COMMANDS) as MigrationTool[]

function flag(name: string, value: Tree | undefined): Synthetic[] {
  return value === undefined ? [] : [name, value]
}
