/* SPDX-License-Identifier: EUPL-1.2 */
/* Replays a fuzz corpus in the ordinary test run: every file of every directory named on the command line goes once through the
 * target. Fails when there is nothing to replay, because a check that cannot fail is a defect. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return -1;
    }
    static uint8_t bytes[1 << 22];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return LLVMFuzzerTestOneInput(bytes, size);
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *directory = opendir(argv[i]);
        if (!directory) {
            perror(argv[i]);
            return 1;
        }
        for (struct dirent *entry; (entry = readdir(directory));) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            if (entry->d_name[0] != '.' && replay_file(path) == 0) {
                count++;
            }
        }
        closedir(directory);
    }
    printf("%d inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
