import type OpenAI from 'openai';
import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { CliError, exitOfStatus } from '../failures.ts';
import { decimalNumber, wholeNumber } from '../inputs.ts';
import { readNodeFile } from '../location.ts';

const input = z.object({
  prompt: z.string().min(1, 'The prompt is empty.'),
  model: z.string().optional(),
  maxTokens: wholeNumber('--max-tokens', { min: 1, max: 131_072 }).optional(),
  temperature: decimalNumber('--temperature', { min: 0, max: 2 }).optional(),
  system: z.string().optional(),
});

const answer = z.object({
  model: z.string(),
  text: z.string(),
  finish: z.string(),
  tokensIn: z.int(),
  tokensOut: z.int(),
  /** Id of the task and of its receipt. */
  receipt: z.string(),
});

export const chatCommand = defineCommand({
  name: 'chat',
  summary: 'Ask one prompt and watch the answer come; ends with the id of its receipt.',
  arguments: [{ syntax: '<prompt>', description: 'what to ask' }],
  options: [
    { syntax: '--model <NAME>', description: "which model (default: the network's first)" },
    { syntax: '--max-tokens <N>', description: 'longest answer' },
    { syntax: '--temperature <T>', description: 'from 0, always the likeliest token, to 2' },
    { syntax: '--system <TEXT>', description: 'what to tell the model before the prompt' },
  ],
  input,
  output: answer,
  run: ask,
  print: () => [],
});

type Chat = Invocation<z.infer<typeof input>>;
type Answer = z.infer<typeof answer>;

async function ask(invocation: Chat): Promise<Answer> {
  const apiKey = invocation.environment['ASSAY_API_KEY'] ?? readNodeFile(invocation.dataDir)?.apiKey;
  if (apiKey === undefined) {
    throw new CliError('usage', 'No API key: name the data directory of the node with --data, or set ASSAY_API_KEY.');
  }
  const url = invocation.nodeUrl();
  const { OpenAI: Api, APIConnectionError, APIError } = await import('openai');
  try {
    return await stream(new Api({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }), invocation);
  } catch (cause) {
    if (cause instanceof APIConnectionError) {
      const message = `No node answers at ${url}. Is it running? Start one with \`npm start\`.`;
      throw new CliError('unreachable', message, { cause });
    }
    if (!(cause instanceof APIError)) throw cause;
    throw new CliError(exitOfStatus(cause.status ?? 500), messageOf(cause.error) ?? cause.message, { cause });
  }
}

async function stream(openai: OpenAI, { input: asked, json, terminal }: Chat): Promise<Answer> {
  const { system, prompt, maxTokens, temperature } = asked;
  const model = asked.model ?? (await openai.models.list()).data[0]?.id;
  if (model === undefined) throw new CliError('refused', 'No miner of this network serves a model.');
  const { data: chunks, response } = await openai.chat.completions
    .create({
      model,
      messages: [
        ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
        { role: 'user', content: prompt },
      ],
      stream: true,
      stream_options: { include_usage: true },
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
    })
    .withResponse();
  const receipt = response.headers.get('x-assay-receipt') ?? '';
  const result = { model, text: '', finish: '', tokensIn: 0, tokensOut: 0, receipt };
  for await (const { choices, usage } of chunks) {
    const [choice] = choices;
    const text = choice?.delta.content ?? '';
    result.text += text;
    result.finish = choice?.finish_reason ?? result.finish;
    result.tokensIn = usage?.prompt_tokens ?? result.tokensIn;
    result.tokensOut = usage?.completion_tokens ?? result.tokensOut;
    if (!json) terminal.out.write(text);
  }
  if (!json) {
    terminal.out.write('\n');
    terminal.note.write(`\nreceipt ${receipt}\n`);
  }
  return result;
}

function messageOf(body: unknown): string | null {
  const read = z.object({ message: z.string() }).safeParse(body);
  return read.success ? read.data.message : null;
}
