/* Gives files to a fuzz target, without libFuzzer: replay FILE… */

#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

enum { MOST_BYTES = 1 << 20 };

static int
replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(MOST_BYTES);
	uint8_t *exact;
	size_t count;

	if (file == NULL || bytes == NULL) {
		perror(path);
		return 1;
	}
	count = fread(bytes, 1, MOST_BYTES, file);
	fclose(file);

	/* So that reading one byte too many is seen. */
	exact = malloc(count > 0 ? count : 1);
	for (size_t i = 0; i < count; i++)
		exact[i] = bytes[i];
	free(bytes);
	LLVMFuzzerTestOneInput(exact, count);
	free(exact);
	return 0;
}

int
main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	printf("%d inputs\n", argc - 1);
	return failed;
}
