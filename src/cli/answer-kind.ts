// Says in a few words what an answer is that should have been JSON of a deployment; quotes nothing of it.

import type { AnswerHeaders } from './send.ts';

/** `an HTML page`, `an empty answer`, `a redirect` … */
export function kindOfText(text: string, headers: AnswerHeaders): string {
  const target = headers.get('location');
  if (target !== null) return `a redirect to ${URL.parse(target)?.origin ?? 'another path'}`;
  if (text.trim() === '') return 'an empty answer';
  if (/^\s*(?:<!doctype html|<html|<head|<body)/i.test(text) || /\bhtml\b/i.test(headers.get('content-type') ?? ''))
    return 'an HTML page';
  if (/^\s*</.test(text)) return 'XML';
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? 'JSON of something else' : 'JSON that is no object';
  } catch {
    return 'text that is not JSON';
  }
}
