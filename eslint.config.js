import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const dialect = [
  {
    selector:
      'ObjectExpression > SpreadElement > ObjectExpression, ArrayExpression > SpreadElement > ArrayExpression',
    message: 'Write the members themselves: behind a spread, excess ones are not seen by the type checker.',
  },
  {
    selector:
      ':matches(Program, ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator:not([id.typeAnnotation]) > ArrowFunctionExpression.init',
    message: 'At top level, declare a function; an arrow is for a constant of a function type.',
  },
  {
    selector: ':function FunctionDeclaration',
    message: 'Inside a function, write a constant with an arrow.',
  },
];

const noNull = {
  selector: ':function > TSTypeAnnotation.returnType TSNullKeyword',
  message: 'What there is not is undefined; null is what JSON or SQL says.',
};

/** A template that builds the path of a call: `urlPath` encodes what it is given. */
const bareUrlPath = {
  selector:
    ':not(TaggedTemplateExpression) > TemplateLiteral[expressions.length>0]:has(TemplateElement[value.raw=/\\u002f(v1|namespaces|secrets|secret|tickets|leases|pods)\\u002f/])',
  message: 'Build the path of a URL with urlPath`…`: it encodes each value.',
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
      'docs/samples/**',
      '.cluster/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...dialect],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.e2e.ts', 'test/**', 'bench/**', '**/testing/**', 'envelope/**'],
    rules: { 'no-restricted-syntax': ['error', ...dialect, bareUrlPath] },
  },
  {
    files: [
      '{envelope,platform,webhook,keyservice,injector-image,page,certs,manifests}/**/*.ts',
      'scripts/**/*.ts',
    ],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: { 'no-restricted-syntax': ['error', ...dialect, bareUrlPath, noNull] },
  },
  { files: ['scripts/**/*.ts', 'bench/**/*.ts'], rules: { 'no-console': 'off' } },
);
