import { decodeText } from '@deploy-actions/core/http/decode-text'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))
const utf16 = (text: string) => Uint8Array.from(Buffer.from(text, 'utf16le'))
const swapped = (text: string) => Uint8Array.from(Buffer.from(text, 'utf16le').swap16())
/** Привет */
const KOI8 = Uint8Array.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4])

describe('the text of a body', () => {
  it.each<[string, Uint8Array, string | undefined, string]>([
    ['by the header', latin1('Straße gesperrt'), 'text/html; charset=ISO-8859-1', 'Straße gesperrt'],
    ['by the header in quotes', KOI8, 'text/plain;charset="koi8-r"; x=y', 'Привет'],
    ['by the header before what the page names', KOI8, 'text/html; charset=koi8-r', 'Привет'],
    ['UTF-16', utf16('größer'), 'text/plain; charset=utf-16', 'größer'],
    ['by a byte order mark', utf16('\ufeffgrößer'), 'text/plain', 'größer'],
    ['by one of the other order', swapped('\ufeffgrößer'), 'text/plain; charset=utf-16', 'größer'],
    ['by <meta charset>', latin1('<meta charset="iso-8859-1">ß'), 'text/html', '<meta charset="iso-8859-1">ß'],
    [
      'by <meta http-equiv>',
      latin1('<meta http-equiv=content-type content="text/html; charset=iso-8859-1">ß'),
      'text/html',
      '<meta http-equiv=content-type content="text/html; charset=iso-8859-1">ß',
    ],
    [
      'by an XML declaration',
      latin1('<?xml version="1.0" encoding="iso-8859-1"?>ß'),
      'application/xml',
      '<?xml version="1.0" encoding="iso-8859-1"?>ß',
    ],
    ['UTF-8 otherwise', Buffer.from('Straße'), 'text/html', 'Straße'],
    ['UTF-8 without a type', Buffer.from('Straße'), undefined, 'Straße'],
    ['UTF-8 for a charset that nobody knows', Buffer.from('Straße'), 'text/html; charset=klingon', 'Straße'],
    ['not by what a text only quotes', Buffer.from('<meta charset=koi8-r>ß'), 'text/plain', '<meta charset=koi8-r>ß'],
  ])('is read %s', (_, body, type, text) => expect(decodeText(body, type)).toBe(text))

  it('is read whatever the bytes and the header are', () => {
    fc.assert(fc.property(fc.uint8Array(), fc.string(), (body, type) => typeof decodeText(body, type) === 'string'))
  })
})
