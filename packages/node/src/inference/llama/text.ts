const maxSegmentTokens = 32;

/** Turns ids into text; ids before `ids` may be given so that spaces at the seam come out right. */
export type Detokenize = (ids: readonly number[], before: readonly number[]) => string;

/**
 * Token ids to text, one at a time. Text is withheld while its last character may be incomplete; text once given is
 * never taken back. The text of a list of ids is defined as what this class makes of it, so streamed and whole text
 * agree.
 */
export class TextAssembler {
  private readonly detokenize: Detokenize;
  private before: number[] = [];
  private segment: number[] = [];
  private given = 0;

  constructor(detokenize: Detokenize) {
    this.detokenize = detokenize;
  }

  push(id: number): string {
    this.segment.push(id);
    const text = this.detokenize(this.segment, this.before);
    // A character cut off at the end is decoded as one replacement character.
    const complete = !text.endsWith('\uFFFD') || this.segment.length >= maxSegmentTokens;
    const out = text.slice(this.given, complete ? undefined : -1);
    this.given += out.length;
    if (complete) this.startSegment();
    return out;
  }

  /** The rest, when no more tokens come. */
  flush(): string {
    const rest = this.detokenize(this.segment, this.before).slice(this.given);
    this.startSegment();
    return rest;
  }

  private startSegment(): void {
    this.before = this.segment.slice(-4);
    this.segment = [];
    this.given = 0;
  }
}

/** The whole text of a list of ids. */
export function assembleText(detokenize: Detokenize, ids: readonly number[]): string {
  const assembler = new TextAssembler(detokenize);
  let text = '';
  for (const id of ids) text += assembler.push(id);
  return text + assembler.flush();
}

/** Ends a text before the stop sequence that is complete first; withholds what may be the start of one. */
export class StopFilter {
  private readonly stops: readonly string[];
  private withheld = '';
  stopped = false;

  constructor(stops: readonly string[]) {
    this.stops = stops.filter((stop) => stop !== '');
  }

  /** The text that may be given now. Once `stopped`, nothing more is. */
  push(text: string): string {
    if (this.stopped) return '';
    const all = this.withheld + text;
    const found = this.stops.map((stop) => ({ start: all.indexOf(stop), length: stop.length })).filter(isFound);
    const [first] = found.sort((a, b) => a.start + a.length - b.start - b.length || a.start - b.start);
    if (first !== undefined) {
      this.stopped = true;
      this.withheld = '';
      return all.slice(0, first.start);
    }
    const keep = Math.max(0, ...this.stops.map((stop) => overlap(all, stop)));
    this.withheld = all.slice(all.length - keep);
    return all.slice(0, all.length - keep);
  }

  /** What was withheld, when no more text comes. */
  flush(): string {
    const rest = this.withheld;
    this.withheld = '';
    return rest;
  }
}

const isFound = (place: { readonly start: number }) => place.start >= 0;

/** Length of the longest end of `text` that begins `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
