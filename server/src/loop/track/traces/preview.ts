import { isList, isMap, parseValue, type Value, type ValueMap } from './value.ts';

const MAX_PREVIEW = 1_000;

/**
 * What a list of traces shows of an input or output (JSON of it): the text of the last message of `role` where it is a
 * chat, else the JSON itself; cut after 1,000 characters.
 */
export function previewOf(json: string, role: 'user' | 'assistant'): string {
  const value = parseValue(json);
  const messages = value === undefined ? [] : messagesIn(value);
  const message = messages.findLast((one) => one.get('role') === role) ?? messages.at(-1);
  const content = (message && textIn(message.get('content'))) || json;
  const characters = content.length > MAX_PREVIEW ? [...content] : [];
  return characters.length > MAX_PREVIEW ? `${characters.slice(0, MAX_PREVIEW - 3).join('')}...` : content;
}

/** Of OpenAI's chats and responses, in either direction. */
function messagesIn(value: Value): ValueMap[] {
  if (!isMap(value)) return [];
  for (const key of ['messages', 'choices', 'input', 'output']) {
    const found = value.get(key);
    if (!isList(found) || found.length === 0) continue;
    const messages = (key === 'choices' ? [choiceOf(found)] : found).filter(isMessage);
    if (key !== 'choices' || messages.length > 0) return messages;
  }
  const request = value.get('request');
  return request === undefined ? [] : messagesIn(request);
}

function choiceOf(choices: readonly Value[]): Value {
  const [first] = choices;
  return isMap(first) ? (first.get('message') ?? null) : null;
}

function isMessage(value: Value): value is ValueMap {
  return isMap(value) && value.has('role') && value.has('content');
}

function textIn(content: Value | undefined): string {
  if (typeof content === 'string') return content;
  if (!isList(content)) return '';
  for (const part of content) {
    if (typeof part === 'string') return part;
    if (!isMap(part) || !['text', 'output_text'].includes(String(part.get('type')))) continue;
    const text = part.get('text');
    return typeof text === 'string' ? text : '';
  }
  return '';
}
