import { encodeText } from '@assay/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../utf8.ts';
import { fullTextBytes, OutputText, StopFilter, TextAssembler, textPieces } from './output-text.ts';

/** Ids are bytes. */
const bytesAsText = (ids: readonly number[]) => decodeText(Uint8Array.from(ids));
const bytesOf = (text: string) => [...encodeText(text)];
const wholeOf = (pieces: readonly Uint8Array[]) => decodeText(Buffer.concat(pieces));

async function pushed(assembler: TextAssembler, bytes: readonly number[]): Promise<Uint8Array[]> {
  const given: Uint8Array[] = [];
  for (const byte of bytes) given.push(await assembler.push(byte));
  return given;
}

describe('TextAssembler', () => {
  it('withholds a character until its last byte', async () => {
    const assembler = new TextAssembler(bytesAsText);
    const given = await pushed(assembler, bytesOf('a€😀'));
    expect(given.map((piece) => decodeText(piece))).toEqual(['a', '', '', '€', '', '', '', '😀']);
    expect(await assembler.flush()).toHaveLength(0);
  });

  it('gives what a cut-off character leaves', async () => {
    const assembler = new TextAssembler(bytesAsText);
    expect(wholeOf(await pushed(assembler, bytesOf('ok€').slice(0, -1)))).toBe('ok');
    expect(decodeText(await assembler.flush())).toBe('\uFFFD');
  });

  it('gives every text back whole, however it is cut into tokens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        expect(wholeOf(await textPieces(bytesAsText, bytesOf(text.toWellFormed())))).toBe(text.toWellFormed());
      }),
    );
  });

  it('streams what decoding the whole gives, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(255), { maxLength: 31 }), async (bytes) => {
        expect(wholeOf(await textPieces(bytesAsText, bytes))).toBe(bytesAsText(bytes));
      }),
    );
  });

  it('gives endless nonsense in parts', async () => {
    const assembler = new TextAssembler(bytesAsText);
    expect(wholeOf(await pushed(assembler, new Array(64).fill(0x80)))).toBe('\uFFFD'.repeat(64));
  });

  it('takes its text from elsewhere just so', async () => {
    const elsewhere = async (ids: readonly number[]) => bytesAsText(ids);
    expect(wholeOf(await textPieces(elsewhere, bytesOf('a€😀')))).toBe('a€😀');
  });
});

describe('StopFilter', () => {
  const run = (stops: string[], pieces: string[]) => {
    const filter = new StopFilter(stops);
    const given = pieces.map((piece) => decodeText(filter.push(encodeText(piece))));
    return { given, rest: decodeText(filter.flush()), stopped: filter.stopped };
  };

  it('ends before the first stop sequence, also when it comes in pieces', () => {
    expect(run(['END'], ['one E', 'N', 'D two'])).toEqual({ given: ['one ', '', ''], rest: '', stopped: true });
  });

  it('takes the one that is complete first', () => {
    expect(run(['later', 'so'], ['and so it is later'])).toEqual({ given: ['and '], rest: '', stopped: true });
  });

  it('gives back what only looked like the start of one', () => {
    expect(run(['aab'], ['aa', 'a', 'c'])).toEqual({ given: ['', 'a', 'aac'], rest: '', stopped: false });
    expect(run(['stop'], ['non-st'])).toEqual({ given: ['non-'], rest: 'st', stopped: false });
  });

  it.each(['\ufeff', '\ufffd'])('matches %j only where it is', (stop) => {
    expect(run([stop], ['ab', 'c'])).toEqual({ given: ['ab', 'c'], rest: '', stopped: false });
    expect(run([stop], [`${stop}ab`])).toEqual({ given: [''], rest: '', stopped: true });
  });

  it('is never ended by nothing', () => {
    expect(run([''], ['a'])).toEqual({ given: ['a'], rest: '', stopped: false });
  });

  it('cuts at the same byte however the text arrives', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 });
    const stop = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }).map((s) => s.join(''));
    fc.assert(
      fc.property(letters, fc.array(stop, { maxLength: 4 }), (text, stops) => {
        const { given, rest, stopped } = run(stops, text);
        const whole = text.join('');
        const first = ends(whole, stops).sort((a, b) => a.end - b.end || a.start - b.start)[0];
        expect(given.join('') + rest).toBe(first === undefined ? whole : whole.slice(0, first.start));
        expect(stopped).toBe(first !== undefined);
      }),
    );
  });
});

/** Where each stop sequence first lies in a text. */
function ends(text: string, stops: readonly string[]) {
  const matches = stops.map((stop) => ({ start: text.indexOf(stop), end: text.indexOf(stop) + stop.length }));
  return matches.filter((match) => match.start >= 0);
}

it('ends an output that is as long as the network carries', () => {
  const output = new OutputText([]);
  output.push(new Uint8Array(fullTextBytes));
  expect(output.isOver).toBe(false);
  output.push(new Uint8Array(1));
  expect([output.isOver, output.stopped]).toEqual([true, false]);
});
