import type { ChatMessage } from '@assay/roles/ports/inference';
import { Template } from '@huggingface/jinja';

/** A piece of a prompt: words of the template, in which special tokens count, or of a message, in which they do not. */
export interface PromptPart {
  readonly text: string;
  readonly special: boolean;
}

export interface TemplateTokens {
  readonly bos: string;
  readonly eos: string;
}

/** verification §1.6 Without a clock a template takes a date of its own; with one the auditor's day would differ. */
const noClock = new Template('{% set strftime_now = undefined %}').parsed.body;

/**
 * A conversation in the model's own chat template, ready for the answer. The template sees a mark in place of each
 * content, so that no content can pass for template; the vertical tabs around a mark show whether the template trims.
 *
 * Throws what the template raises (many refuse roles out of turn).
 */
export function renderTemplate(source: string, tokens: TemplateTokens, messages: readonly ChatMessage[]): PromptPart[] {
  const marked = messages.map((message, i) => ({ role: message.role, content: `\v\uE000${i}\uE001\v` }));
  const template = new Template(source);
  template.parsed.body.unshift(...noClock);
  const rendered = template.render({
    messages: marked,
    add_generation_prompt: true,
    bos_token: tokens.bos,
    eos_token: tokens.eos,
  });
  const parts: PromptPart[] = [];
  let end = 0;
  for (const match of rendered.matchAll(/(\v?)\uE000(\d+)\uE001(\v?)/g)) {
    parts.push({ text: rendered.slice(end, match.index), special: true });
    const content = messages[Number(match[2])]?.content ?? '';
    const fromStart = match[1] === '' ? content.trimStart() : content;
    parts.push({ text: match[3] === '' ? fromStart.trimEnd() : fromStart, special: false });
    end = match.index + match[0].length;
  }
  parts.push({ text: rendered.slice(end), special: true });
  return parts.filter((part) => part.text !== '');
}
