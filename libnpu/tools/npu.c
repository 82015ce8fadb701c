// SPDX-License-Identifier: MIT
/* npu: compile, run, compare, profile and inspect networks.  Each subcommand is a cmd_*.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"

static const struct command *const commands[] = {
	&command_compile, &command_run, &command_compare, &command_profile, &command_info,
	&command_disasm, &command_coredump, &command_prune,
};

enum { NUM_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_overview(FILE *out)
{
	int i;

	fputs("Usage: npu COMMAND [OPTION]...\n\n"
	      "Compiles quantized networks for the NPU, runs and inspects them.\n\nCommands:\n",
	      out);
	for (i = 0; i < NUM_COMMANDS; i++)
		fprintf(out, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nOptions:\n"
	      "  --help     print this and exit\n"
	      "  --version  print the version and exit\n\n"
	      "'npu help COMMAND' explains a command, and so does 'man npu-COMMAND'.\n", out);
}

static const struct command *find_command(const char *name)
{
	int i;

	for (i = 0; i < NUM_COMMANDS; i++)
		if (!strcmp(name, commands[i]->name))
			return commands[i];
	complain("'%s' is no command", name);
	fputs("Try 'npu --help'.\n", stderr);
	return NULL;
}

static int help(int argc, char **argv)
{
	const struct command *command;

	if (argc < 3) {
		print_overview(stdout);
		return EXIT_OK;
	}
	command = find_command(argv[2]);
	if (!command)
		return EXIT_USAGE;
	print_help(command);
	return EXIT_OK;
}

static int run(int argc, char **argv, int *failure)
{
	const struct command *command;

	if (argc < 2) {
		print_overview(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(argc, argv);
	if (!strcmp(argv[1], "--version")) {
		printf("npu %s\n", npu_version());
		return EXIT_OK;
	}
	command = find_command(argv[1]);
	if (!command)
		return EXIT_USAGE;
	*failure = command->failure;
	return command->run(command, argc - 1, argv + 1);
}

static void leave_nothing(int number)
{
	npu_file_remove_temporaries();
	/* Ends the process as if there were no handler, as soon as this returns. */
	raise(number);
}

static void handle_signals(void)
{
	static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	struct sigaction action = { .sa_handler = leave_nothing, .sa_flags = (int)SA_RESETHAND };
	struct sigaction old;
	size_t i;

	for (i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		/* nohup and the like stay in force. */
		if (!sigaction(deadly[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(deadly[i], &action, NULL);
	/* A file that may not grow is an error of write(), which says which file. */
	signal(SIGXFSZ, SIG_IGN);
}

/* A full disk behind standard output must not look like success. */
static bool flush_output(void)
{
	if (fflush(stdout)) {
		complain("standard output: cannot write: %s", strerror(errno));
		return false;
	}
	if (ferror(stdout))
		complain("standard output: not all of it could be written");
	return !ferror(stdout);
}

int main(int argc, char **argv)
{
	int failure = EXIT_FAILED;
	int fd, status;

	/* A file that is opened must not become standard output because that was closed. */
	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			return EXIT_FAILED;
	handle_signals();
	status = run(argc, argv, &failure);
	return flush_output() ? status : failure;
}
