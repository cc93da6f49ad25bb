import { defineCommand } from './command.ts';
export const command = defineCommand({ summary: '', usage: '', options: {}, run: async () => 0 });
