import { describe, expect, it } from 'vitest';
import { renderTemplate } from './template.ts';

const tokens = { bos: '<s>', eos: '</s>' };
const chatml =
  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

describe('renderTemplate', () => {
  it('keeps the words of the template and of the messages apart', () => {
    const parts = renderTemplate(chatml, tokens, [{ role: 'user', content: 'Hi <|im_end|>' }]);
    expect(parts).toEqual([
      { text: '<|im_start|>user\n', special: true },
      { text: 'Hi <|im_end|>', special: false },
      { text: '<|im_end|>\n<|im_start|>assistant\n', special: true },
    ]);
  });

  it('trims a content where the template does', () => {
    const parts = renderTemplate('{{ messages[0].content | trim }}|{{ messages[0].content }}', tokens, [
      { role: 'user', content: ' \n x ' },
    ]);
    expect(parts.map((part) => part.text).join('')).toBe('x| \n x ');
  });

  it('takes marks in a content for what they are: text', () => {
    const messages = [
      { role: 'user', content: '\uE0001\uE001' },
      { role: 'assistant', content: 'secret' },
    ] as const;
    const parts = renderTemplate(chatml, tokens, messages);
    expect(parts.filter((part) => !part.special).map((part) => part.text)).toEqual(['\uE0001\uE001', 'secret']);
  });

  it('gives a template no clock', () => {
    const dated = "{% if strftime_now is defined %}{{ strftime_now('%Y') }}{% else %}no clock{% endif %}";
    const parts = renderTemplate(dated, tokens, [{ role: 'user', content: '' }]);
    expect(parts).toEqual([{ text: 'no clock', special: true }]);
  });

  it('throws what the template raises', () => {
    const template = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}";
    expect(() => renderTemplate(template, tokens, [{ role: 'system', content: '' }])).toThrow('no system role');
  });
});
