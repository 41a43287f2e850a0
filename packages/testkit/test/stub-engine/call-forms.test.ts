import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { formOf, formsIn, isCompared } from './call-forms.ts'

const SCRIPTS = join(import.meta.dirname, '../../../core/src/release/scripts')

it('finds the calls of a script', () => {
  const script = `
# docker comment
engine() { clean timeout -k 5 "$DOCKER_LIMIT" docker "$@"; }
id=$(engine container inspect --format '{{.Name}} x' "$c" 2>/dev/null) || exit
engine rm \${volumes:+-v} "$container" >/dev/null </dev/null || return 1
engine ps -a --filter "label=a.b=$1" \\
  --format '{{.Names}}' >"$work/x"
containers_of "$1" --filter status=created --format '{{.ID}}'
containers_of "$1" "$@"
run_compose "$(values project "$from/plan")" "$2" "$3" - config --hash '*' <x
compose "$1" up -d --no-build
clean timeout 5 docker --config "$config" login "$@" && docker compose -p "$2" down --remove-orphans; die "docker compose up failed"
`
  expect(formsIn(script)).toStrictEqual([
    'compose config --hash',
    'compose down --remove-orphans',
    'compose up --no-build -d',
    'container inspect --format',
    'login …',
    'ps --filter label --filter status --format --no-trunc -a',
    'ps --filter label --format -a',
    'ps --filter label --no-trunc -a …',
    'rm -v',
  ])
  expect(formOf(['ps', '-aq', '--all', '--filter=label=x'])).toBe('ps --filter  -a -q')
})

it('knows every docker call of the server scripts', () => {
  const texts = readdirSync(SCRIPTS).map(name => readFileSync(join(SCRIPTS, name), 'utf8'))
  const forms = texts.flatMap(formsIn)
  expect(forms.length).toBeGreaterThan(20)
  expect(forms.filter(form => !isCompared(form))).toStrictEqual([])
  // Put together in a variable: pull.sh.
  expect(texts.join('\n')).toContain('set -- --config "$config" pull "$2"')
})
