import { AssayError } from '@assay/protocol';
import type { Answer, AnswerEvent, AnswerToken } from '@assay/roles/ports/chat';
import type { TokenLogprob } from '@assay/roles/ports/inference';
import { encodeText } from '@assay/ssz';
import type { ChatRequest } from './request.ts';

type End = Extract<AnswerEvent, { type: 'end' }>;
type Tokens = Extract<AnswerEvent, { type: 'tokens' }>;

const replacement = '\uFFFD';

interface LogprobJson {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[] | null;
}

function logprobJson({ text, negLogprobMicro }: TokenLogprob): LogprobJson {
  return {
    token: text,
    logprob: negLogprobMicro === 0 ? 0 : -negLogprobMicro / 1_000_000,
    // A token that is part of a character has bytes the text cannot show.
    bytes: text.includes(replacement) ? null : Array.from(encodeText(text)),
  };
}

const tokenJson = (token: AnswerToken, alternatives: number) => ({
  ...logprobJson(token),
  top_logprobs: token.top.slice(0, alternatives).map(logprobJson),
});

function usageJson({ tokensIn, tokensOut }: End) {
  return { prompt_tokens: tokensIn, completion_tokens: tokensOut, total_tokens: tokensIn + tokensOut };
}

/** `chatcmpl-` and the task id: the completion's own name for it. */
const completionId = (taskId: string) => `chatcmpl-${taskId.replace(/^0x/, '')}`;

/** The end of an answer whose events stopped without one. */
export function missingEnd(): AssayError {
  return new AssayError('INTERNAL', 'The answer ended without an end.');
}

/** Gathers an answer into one `chat.completion`. Rejects with what the answer's events throw. */
export async function completionOf(answer: Answer, { inference }: ChatRequest, createdS: number) {
  let content = '';
  const tokens: AnswerToken[] = [];
  let end: End | null = null;
  for await (const event of answer.events) {
    if (event.type === 'end') {
      end = event;
      continue;
    }
    content += event.text;
    if (inference.topLogprobs !== null) tokens.push(...event.tokens);
  }
  if (end === null) throw missingEnd();
  const { topLogprobs } = inference;
  const logprobs =
    topLogprobs === null ? null : { content: tokens.map((token) => tokenJson(token, topLogprobs)), refusal: null };
  return {
    id: completionId(answer.taskId),
    object: 'chat.completion',
    created: createdS,
    model: inference.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs,
        finish_reason: end.finish,
      },
    ],
    usage: usageJson(end),
    assay: { receipt_id: answer.taskId },
  };
}

const choiceJson = (delta: string, logprobs: string, finish: string) =>
  `{"index":0,"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish}}`;

/** The events of one streamed answer, as the text of server-sent events; its constant parts are written once. */
export class ChunkWriter {
  readonly #head: string;
  readonly #tail: string;
  readonly #receipt: string;
  readonly #includeUsage: boolean;
  readonly #topLogprobs: number | null;
  #first = true;

  constructor(taskId: string, { inference, includeUsage }: ChatRequest, createdS: number) {
    const chunk = {
      id: completionId(taskId),
      object: 'chat.completion.chunk',
      created: createdS,
      model: inference.model,
    };
    this.#head = `data: ${JSON.stringify(chunk).slice(0, -1)},"choices":[`;
    this.#tail = includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
    this.#receipt = `"assay":${JSON.stringify({ receipt_id: taskId })}`;
    this.#includeUsage = includeUsage;
    this.#topLogprobs = inference.topLogprobs;
  }

  /** Empty when the event says nothing to this client. */
  tokens({ text, tokens }: Tokens): string {
    if (text === '' && !this.#first && this.#topLogprobs === null) return '';
    const delta = `{${this.#role()}"content":${JSON.stringify(text)}}`;
    return `${this.#head}${choiceJson(delta, this.#logprobs(tokens), 'null')}${this.#tail}`;
  }

  /** The chunk with the finish reason, the usage if asked for, and the end mark. The last chunk names the receipt. */
  end(end: End): string {
    const role = this.#first ? `${this.#role()}"content":""` : '';
    const choice = choiceJson(`{${role}}`, 'null', `"${end.finish}"`);
    const usage = `],"usage":${JSON.stringify(usageJson(end))},`;
    const last = this.#includeUsage ? `${choice}${this.#tail}${this.#head}${usage}` : `${choice}],`;
    return `${this.#head}${last}${this.#receipt}}\n\ndata: [DONE]\n\n`;
  }

  #role(): string {
    if (!this.#first) return '';
    this.#first = false;
    return '"role":"assistant",';
  }

  #logprobs(tokens: readonly AnswerToken[]): string {
    const width = this.#topLogprobs;
    if (width === null) return 'null';
    return JSON.stringify({ content: tokens.map((token) => tokenJson(token, width)), refusal: null });
  }
}
