#!/usr/bin/perl
# Converts .msg files as msgconvert does, with its module loaded once and a process for each file.
#   mutants_peer.pl SECONDS < lines "INPUT\tOUTPUT"      prints "INPUT\tconverted|damaged|died|hung"
use strict;
use warnings;
use Email::Outlook::Message;

my $seconds = shift or die "usage: mutants_peer.pl SECONDS\n";
$| = 1;
open(my $errors, '>&', \*STDERR) or die "cannot keep stderr: $!\n";
open(STDERR, '>', '/dev/null') or die "cannot open /dev/null: $!\n";
while (my $line = <STDIN>) {
  chomp $line;
  my ($input, $output) = split /\t/, $line;
  my $pid = fork();
  die "cannot fork: $!\n" unless defined $pid;
  convert($input, $output) if $pid == 0;
  waitpid($pid, 0);
  my $signal = $? & 127;
  my $outcome = $signal == 14 ? 'hung' : $signal ? 'died' : $? ? 'damaged' : 'converted';
  print "$input\t$outcome\n";
}

sub convert {
  my ($input, $output) = @_;
  alarm $seconds;
  my $mail = eval { Email::Outlook::Message->new($input)->to_email_mime->as_string };
  exit 1 unless defined $mail;
  open(my $file, '>', $output) or exit 1;
  binmode $file;
  utf8::encode($mail) if utf8::is_utf8($mail);
  print $file $mail;
  close $file or exit 1;
  exit 0;
}
