import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Folders that a zone's sources may not import, even as types: the bundles' metafiles cannot show those. */
const zones = {
  envelope: [
    '#platform/**',
    '**/console/**',
    '**/webhook/**',
    '**/keyservice/**',
    '**/injector-image/**',
    'node:fs*',
    'node:http*',
    'node:net',
    'node:tls',
    'node:process',
  ],
  platform: ['#envelope/**', '**/console/**', '**/webhook/**', '**/keyservice/**', '**/injector-image/**'],
  console: [
    '#envelope/inner/open*',
    '#envelope/outer/open*',
    '#envelope/node-private*',
    '#envelope/renku*',
    '**/webhook/**',
    '**/keyservice/**',
    '**/injector-image/**',
  ],
  webhook: [
    '#envelope/inner/*',
    '#envelope/outer/*',
    '#envelope/node-*',
    '#envelope/derive*',
    '#envelope/user-key/*',
    '#envelope/renku*',
    '**/console/**',
    '**/keyservice/**',
    '**/injector-image/**',
  ],
  keyservice: [
    '#envelope/inner/*',
    '#envelope/derive*',
    '#envelope/user-key/*',
    '#envelope/renku*',
    '#platform/kubernetes*',
    '**/console/**',
    '**/webhook/**',
    '**/injector-image/**',
  ],
  'injector-image': [
    '#envelope/outer/*',
    '#envelope/derive*',
    '#envelope/user-key/*',
    '#envelope/node-private*',
    '#envelope/renku*',
    '#platform/https-server*',
    '#platform/kubernetes*',
    '**/console/**',
    '**/webhook/**',
    '**/keyservice/**',
  ],
  page: [
    '#platform/**',
    '#envelope/inner/open*',
    '#envelope/outer/open*',
    '#envelope/node-*',
    '#envelope/derive*',
    '#envelope/user-key*',
    'node:*',
    '**/console/!(web)/**',
    '**/webhook/**',
    '**/keyservice/**',
    '**/injector-image/**',
    '**/cli/**',
  ],
  cli: [
    '#envelope/inner/open*',
    '#envelope/outer/open*',
    '#envelope/derive*',
    '#envelope/user-key*',
    '#envelope/node-private*',
    '#envelope/renku*',
    '#platform/https-server*',
    '#platform/kubernetes*',
    '**/console/**',
    '**/webhook/**',
    '**/keyservice/**',
    '**/injector-image/**',
  ],
};

export default tseslint.config(
  {
    ignores: [
      'eslint.config.js',
      '**/*.d.ts',
      'dist/**',
      'node_modules/**',
      '.cache/**',
      '.dev/**',
      '.cluster/**',
      'coverage/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-console': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  ...Object.entries(zones).map(([folder, group]) => ({
    files: [`${folder}/**/*.ts`],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group, message: `Not in the ${folder} zone: see the import matrix in docs/architecture.md.` },
          ],
        },
      ],
    },
  })),
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      'no-console': 'off',
    },
  },
  { files: ['scripts/**/*.ts', 'bench/**/*.ts'], rules: { 'no-console': 'off' } },
);
