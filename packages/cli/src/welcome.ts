/** Where a prompt may be asked, and with what. */
export interface WelcomeFacts {
  /** Root of the API. */
  readonly api: string;
  readonly apiKey: string;
  readonly dataDir: string;
  readonly modelName: string;
}

/** Where the API is, and a line that asks it something. */
export function frontLines({ api, apiKey, dataDir, modelName }: WelcomeFacts): string[] {
  const body = { model: modelName, stream: true, messages: [{ role: 'user', content: 'Why is the sky blue?' }] };
  return [
    `  API      ${api}/v1`,
    `  API key  ${apiKey}`,
    `  Data     ${dataDir}`,
    '',
    'Ask something from another terminal:',
    '',
    `curl -N ${api}/v1/chat/completions -H 'Authorization: Bearer ${apiKey}' ` +
      `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`,
    '',
  ];
}
