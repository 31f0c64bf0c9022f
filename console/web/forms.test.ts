import { expect } from 'chai';
import type { Request } from 'express';
import { fc } from '../../test/properties.ts';
import { readForm, typedLines } from './forms.ts';

/** As express.raw leaves it. */
async function sent(body: FormData | URLSearchParams | string, type?: string): Promise<Request> {
  const response = new Response(body);
  const headers = { 'content-type': type ?? response.headers.get('content-type') ?? '' };
  // All that is read of a request here.
  return { headers, body: Buffer.from(await response.arrayBuffer()) } as unknown as Request;
}

function multipart(fill: (data: FormData) => void): FormData {
  const data = new FormData();
  fill(data);
  return data;
}

describe('submitted forms', () => {
  it('bring text and files byte for byte, multipart or urlencoded', async () => {
    const bytes = Uint8Array.from({ length: 65_536 }, (_, at) => at % 256);
    const data = multipart((fields) => {
      fields.append('name', 'ü');
      fields.append('pick', 'a');
      fields.append('pick', 'b');
      fields.append('file', new Blob([bytes]), 'x.bin');
    });
    const form = await readForm(await sent(data));
    if (!form.ok) throw new Error(form.refusal.detail);
    expect(form.value.text('name')).to.equal('ü');
    expect(form.value.texts('pick')).to.deep.equal(['a', 'b']);
    expect(Buffer.from(form.value.file('file') ?? []).equals(bytes)).to.equal(true);
    const other = await readForm(await sent(new URLSearchParams({ name: 'a b&c' })));
    expect(other.ok && other.value.text('name')).to.equal('a b&c');
    expect(other.ok && [other.value.text('none'), other.value.file('none')]).to.deep.equal(['', undefined]);
  });

  it('have no file where none was chosen, and an empty one where one was', async () => {
    for (const [name, found] of [
      ['', false],
      ['empty', true],
    ] as const) {
      const data = `--x\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n\r\n--x--\r\n`;
      const form = await readForm(await sent(data, 'multipart/form-data; boundary=x'));
      expect(form.ok && form.value.file('file') !== undefined).to.equal(found);
    }
  });

  it('are refused in another type, truncated, or with more than fits', async () => {
    const many = multipart((fields) => {
      for (let at = 0; at < 5_001; at += 1) fields.append('f', '');
    });
    const refused = [
      await sent('{}', 'application/json'),
      await sent(
        '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nhalf',
        'multipart/form-data; boundary=x',
      ),
      await sent('x', 'multipart/form-data'),
      await sent(new URLSearchParams({ ['n'.repeat(301)]: 'v' })),
      await sent(many),
    ];
    for (const request of refused) {
      const form = await readForm(request);
      expect(form.ok ? 'read' : form.refusal.code).to.equal('body_malformed');
    }
  });

  it('come to an end, whatever they are made of and wherever they are cut', async () => {
    const bits = [
      '\r\n',
      '--x',
      '--x--',
      '--',
      '\r\n--x\r\n',
      '\r\n--x--',
      '\r\n\r\n',
      'text',
      '\r',
      '\0',
      'Content-Disposition: form-data; name="a"',
      'Content-Disposition: form-data; name="f"; filename="q"',
      'content-type: application/octet-stream',
      'content-type: text/plain; charset=nonsense',
    ];
    // A promise that never settles runs into mocha's timeout.
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...bits), { maxLength: 16 }), async (made) => {
        const form = await readForm(await sent(made.join(''), 'multipart/form-data; boundary=x'));
        return form.ok || form.refusal.code === 'body_malformed';
      }),
      { numRuns: 2_000 },
    );
  });

  it('are wiped from the body once they are read', async () => {
    const request = await sent(new URLSearchParams({ value: 'secret' }));
    await readForm(request);
    expect((request.body as Buffer).every((byte) => byte === 0)).to.equal(true);
  });

  it('get back the line breaks that were typed', () => {
    expect(typedLines('a\r\nb\r\n')).to.equal('a\nb\n');
  });
});
