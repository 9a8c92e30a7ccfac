#include "people/people_columns.h"

#include <assert.h>

const struct people_heading people_columns[] = {
	{ "email", COLUMN_EMAIL, true },
	{ "email address", COLUMN_EMAIL, false },
	{ "mail", COLUMN_EMAIL, false },
	{ "mail address", COLUMN_EMAIL, false },
	{ "address", COLUMN_EMAIL, false },
	{ "メールアドレス", COLUMN_EMAIL, false },
	{ "eメール", COLUMN_EMAIL, false },
	{ "eメールアドレス", COLUMN_EMAIL, false },
	{ "電子メール", COLUMN_EMAIL, false },
	{ "電子メールアドレス", COLUMN_EMAIL, false },
	{ "メール", COLUMN_EMAIL, false },

	{ "name", COLUMN_NAME, false },
	{ "full name", COLUMN_NAME, false },
	{ "氏名", COLUMN_NAME, false },
	{ "お名前", COLUMN_NAME, false },
	{ "名前", COLUMN_NAME, false },
	{ "宛名", COLUMN_NAME, false },
	{ "担当者", COLUMN_NAME, false },
	{ "担当者名", COLUMN_NAME, false },
	{ "担当者氏名", COLUMN_NAME, false },

	{ "organisation", COLUMN_ORGANISATION, false },
	{ "organization", COLUMN_ORGANISATION, false },
	{ "団体名", COLUMN_ORGANISATION, false },
	{ "団体", COLUMN_ORGANISATION, false },
	{ "自治体名", COLUMN_ORGANISATION, false },
	{ "自治体", COLUMN_ORGANISATION, false },
	{ "市町村名", COLUMN_ORGANISATION, false },
	{ "組織名", COLUMN_ORGANISATION, false },
	{ "組織", COLUMN_ORGANISATION, false },
	{ "機関名", COLUMN_ORGANISATION, false },
	{ "所属団体", COLUMN_ORGANISATION, false },
	{ "勤務先", COLUMN_ORGANISATION, false },

	{ "department", COLUMN_DEPARTMENT, false },
	{ "section", COLUMN_DEPARTMENT, false },
	{ "部署", COLUMN_DEPARTMENT, false },
	{ "部署名", COLUMN_DEPARTMENT, false },
	{ "所属", COLUMN_DEPARTMENT, false },
	{ "所属部署", COLUMN_DEPARTMENT, false },
	{ "部課名", COLUMN_DEPARTMENT, false },
	{ "担当課", COLUMN_DEPARTMENT, false },
	{ "課名", COLUMN_DEPARTMENT, false },

	{ "municipality", COLUMN_MUNICIPALITY, false },
	{ "municipality code", COLUMN_MUNICIPALITY, false },
	{ "団体コード", COLUMN_MUNICIPALITY, false },
	{ "自治体コード", COLUMN_MUNICIPALITY, false },
	{ "市町村コード", COLUMN_MUNICIPALITY, false },
	{ "市区町村コード", COLUMN_MUNICIPALITY, false },
	{ "地方公共団体コード", COLUMN_MUNICIPALITY, false },
	{ "全国地方公共団体コード", COLUMN_MUNICIPALITY, false },

	{ "language", COLUMN_LANGUAGE, false },
	{ "言語", COLUMN_LANGUAGE, false },
	{ "使用言語", COLUMN_LANGUAGE, false },
	{ "配信言語", COLUMN_LANGUAGE, false },

	{ "format", COLUMN_FORMAT, false },
	{ "形式", COLUMN_FORMAT, false },
	{ "配信形式", COLUMN_FORMAT, false },
	{ "メール形式", COLUMN_FORMAT, false },

	{ "tags", COLUMN_TAGS, false },
	{ "interests", COLUMN_TAGS, false },
	{ "興味", COLUMN_TAGS, false },
	{ "興味分野", COLUMN_TAGS, false },
	{ "関心", COLUMN_TAGS, false },
	{ "関心分野", COLUMN_TAGS, false },
	{ "関心事項", COLUMN_TAGS, false },
	{ "タグ", COLUMN_TAGS, false },

	{ "countries", COLUMN_COUNTRIES, false },
	{ "国", COLUMN_COUNTRIES, false },
	{ "対象国", COLUMN_COUNTRIES, false },
	{ "関心国", COLUMN_COUNTRIES, false },
	{ "国コード", COLUMN_COUNTRIES, false },

	{ "basis", COLUMN_BASIS, false },
	{ "根拠", COLUMN_BASIS, false },
	{ "配信根拠", COLUMN_BASIS, false },
	{ 0 },
};
static_assert(
    sizeof(people_columns) / sizeof(people_columns[0]) <= PEOPLE_MOST_HEADINGS,
    "more names than a header is looked for");

const char *
people_column(enum people_column column)
{
	const struct people_heading *heading = people_columns;

	while (heading->number != (size_t)column)
		heading++;
	return heading->name;
}

struct word {
	const char *text;
	int value;
};

static bool
find_word(const struct word *words, const char *text, int *ret_value)
{
	for (; words->text != NULL; words++)
		if (text_equal(words->text, text)) {
			*ret_value = words->value;
			return true;
		}
	return false;
}

bool
people_column_language(const char *word, enum language *ret_language)
{
	static const struct word words[] = {
		{ "日本語", LANGUAGE_JA },
		{ "和文", LANGUAGE_JA },
		{ "japanese", LANGUAGE_JA },
		{ "英語", LANGUAGE_EN },
		{ "英文", LANGUAGE_EN },
		{ "english", LANGUAGE_EN },
		{ 0 },
	};
	int value;

	if (subscriber_parse_language(word, ret_language))
		return true;
	if (!find_word(words, word, &value))
		return false;
	*ret_language = (enum language)value;
	return true;
}

bool
people_column_format(const char *word, enum format *ret_format)
{
	static const struct word words[] = {
		{ "html形式", FORMAT_HTML },
		{ "テキスト", FORMAT_TEXT },
		{ "テキスト形式", FORMAT_TEXT },
		{ 0 },
	};
	int value;

	if (subscriber_parse_format(word, ret_format))
		return true;
	if (!find_word(words, word, &value))
		return false;
	*ret_format = (enum format)value;
	return true;
}

bool
people_column_basis(const char *word, enum basis *ret_basis)
{
	static const struct word words[] = {
		{ "同意", BASIS_CONSENT },
		{ "同意あり", BASIS_CONSENT },
		{ "名刺", BASIS_GIVEN_ADDRESS },
		{ "名刺交換", BASIS_GIVEN_ADDRESS },
		{ "アドレス通知", BASIS_GIVEN_ADDRESS },
		{ "取引関係", BASIS_BUSINESS_RELATION },
		{ "業務上の関係", BASIS_BUSINESS_RELATION },
		{ "公表", BASIS_PUBLISHED },
		{ "なし", BASIS_NONE },
		{ 0 },
	};
	int value;

	if (subscriber_parse_basis(word, ret_basis))
		return true;
	if (!find_word(words, word, &value))
		return false;
	*ret_basis = (enum basis)value;
	return true;
}
