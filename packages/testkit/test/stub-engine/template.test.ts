import { render } from '@deploy-actions/testkit/stub-engine/template'
import { expect, it } from '@jest/globals'

const data = {
  Name: 'x<y',
  Empty: '',
  Nothing: null,
  Count: 3,
  List: ['a', 'b'],
  Labels: { b: '2', a: '1' },
  State: { Health: { Status: 'healthy' } },
  Label: (name: unknown) => `label ${name}`,
}

it.each([
  ['plain', 'plain'],
  ['{{.Name}} and {{.Count}}', 'x<y and 3'],
  ['{{.}}x', expect.stringMatching(/^map\[/)],
  [
    '{"name":{{json .Name}},"none":{{json .Nothing}},"labels":{{json .Labels}}}',
    '{"name":"x<y","none":null,"labels":{"b":"2","a":"1"}}',
  ],
  ['{{.Label "com.docker.compose.service"}}', 'label com.docker.compose.service'],
  ['{{.Label `raw`}}{{"\\t"}}|', 'label raw\t|'],
  ['{{with .State.Health}}{{json .}}{{else}}null{{end}}', '{"Status":"healthy"}'],
  ['{{with .Nothing}}{{json .}}{{else}}null{{end}}', 'null'],
  ['{{with .State.Health}}{{.Status}} {{$.Count}}{{end}}', 'healthy 3'],
  ['{{range .List}}<{{.}}>{{end}}', '<a><b>'],
  ['{{range $i, $item := .List}}{{$i}}={{$item}} {{end}}', '0=a 1=b '],
  ['{{range $key, $value := .Labels}}{{$key}}{{$value}}{{end}}', 'a1b2'],
  ['{{range .Empty}}x{{else}}none{{end}}', 'none'],
  ['{{if .Empty}}a{{else if .List}}b{{else}}c{{end}}', 'b'],
  ['{{if and .Name (not .Empty)}}yes{{end}}', 'yes'],
  ['{{if eq .Name "x<y"}}same{{end}}{{ne .Count 4}}', 'sametrue'],
  ['{{index .Labels "a"}}{{index .Labels "none"}}{{(index .List 1)}}', '1b'],
  ['{{.Name | json}} {{join .List ","}} {{len .List}} {{upper .Name}}', '"x<y" a,b 2 X<Y'],
  ['{{.Nothing}} {{.List}} {{.Labels}}', '<nil> [a b] map[a:1 b:2]'],
  ['a {{- .Count -}} b', 'a3b'],
  ['{{with .State}}{{with .Health}}{{.Status}}{{end}}{{end}}', 'healthy'],
])('renders %s', (template, expected) => {
  expect(render(template, data)).toStrictEqual(expected)
})

it.each([
  ['{{.Unknown}}', 'stub engine: the field .Unknown in a template is not imitated'],
  ['{{.State.Unknown}}', 'stub engine: the field .Unknown in a template is not imitated'],
  ['{{printf "%s" .Name}}', 'stub engine: "printf" in a template is not imitated'],
  ['{{.Nothing.Status}}', /nil pointer/],
  ['{{.Name "x"}}', /arguments of/],
])('refuses %s', (template, message) => {
  expect(() => render(template, data)).toThrow(message)
})
